/*
 * The one function of Windows' bcryptprimitives.dll that Rust's standard library calls: it fills a
 * buffer with random bytes and cannot fail. For trying our binary under a wine that lacks the
 * library; never shipped.
 */
#include <windows.h>

/* The function behind RtlGenRandom; takes at most 4 GiB at once. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

#define CHUNK 0x10000u

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    while (length != 0) {
        ULONG chunk = length < CHUNK ? (ULONG)length : CHUNK;
        if (!SystemFunction036(buffer, chunk)) {
            return FALSE;
        }
        buffer += chunk;
        length -= chunk;
    }
    return TRUE;
}

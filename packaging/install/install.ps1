<#
.SYNOPSIS
Installs @name@ for the current user, from an archive whose checksum it verifies.

.DESCRIPTION
This copy of the script belongs to @name@ @version@ and installs that version unless it is told
another one. Nothing is changed before the checksum is verified and the program has started once.

.PARAMETER Version
The version to install.

.PARAMETER Prefix
The folder to install into; by default Programs\@name@ below the user's local application data.

.PARAMETER From
The folder to download from, such as a mirror.

.PARAMETER NoPath
Leaves the user's PATH as it is.

.PARAMETER Uninstall
Removes what was installed into the folder.

.EXAMPLE
.\install.ps1 -Prefix D:\tools\@name@
#>
[CmdletBinding()]
param(
    [string] $Version = $env:@variable@_VERSION,
    [string] $Prefix = $env:@variable@_PREFIX,
    [string] $From = $env:@variable@_FROM,
    [switch] $NoPath,
    [switch] $Uninstall
)

$ErrorActionPreference = 'Stop'
Set-StrictMode -Version 3.0
# Without a bar a download is many times faster in Windows PowerShell.
$ProgressPreference = 'SilentlyContinue'

$name = '@name@'
$defaultVersion = '@version@'
$repository = '@repository@'

function Get-Architecture {
    # The process may be emulated; the machine is what counts.
    $processor = $env:PROCESSOR_ARCHITEW6432
    if (-not $processor) { $processor = $env:PROCESSOR_ARCHITECTURE }
    switch ($processor) {
        'AMD64' { return 'amd64' }
        'ARM64' { return 'arm64' }
        default { throw "there is no $name for Windows on $processor; build it from $repository" }
    }
}

function Save-File {
    param([string] $Address, [string] $Path)
    try {
        Invoke-WebRequest -Uri $Address -OutFile $Path -UseBasicParsing
    } catch {
        throw "$Address cannot be downloaded: $($_.Exception.Message)"
    }
}

function Assert-Checksum {
    param([string] $Path, [string] $File, [string] $Checksums)
    $expected = $null
    foreach ($line in Get-Content -LiteralPath $Checksums) {
        if ($line -match '^([0-9a-f]{64}) [ *](.+)$' -and $Matches[2] -ceq $File) {
            $expected = $Matches[1]
        }
    }
    if (-not $expected) { throw "$File is not among the checksums of version $version" }
    $found = (Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash.ToLowerInvariant()
    if ($found -ne $expected) {
        throw "$File is not what was released (SHA-256 $found, not $expected); nothing was installed"
    }
}

# The PATH as it is written, with the variables in it: expanded, it would be frozen.
function Get-UserPath {
    $key = Get-Item -LiteralPath 'HKCU:\Environment'
    $asWritten = [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames
    return @($key.GetValue('Path', '', $asWritten) -split ';' | Where-Object { $_ })
}

function Set-UserPath {
    param([string[]] $Folders)
    Set-ItemProperty -LiteralPath 'HKCU:\Environment' -Name Path -Type ExpandString `
        -Value ($Folders -join ';')
    # Removing a variable in this way tells running programs that the environment has changed.
    [Environment]::SetEnvironmentVariable('@variable@_INSTALLED', $null, 'User')
}

function Install-Program {
    $arch = Get-Architecture
    $os = 'windows'
    $archive = "@archive@.zip"
    $folder = $From
    if (-not $folder) { $folder = "@folder@" }
    $checksums = "${name}-${version}-checksums.txt"
    $work = Join-Path ([IO.Path]::GetTempPath()) ("$name-install-" + [Guid]::NewGuid().ToString('N'))
    New-Item -ItemType Directory -Path $work | Out-Null
    try {
        Save-File -Address "$folder/$checksums" -Path (Join-Path $work 'checksums')
        Save-File -Address "$folder/$archive" -Path (Join-Path $work 'archive.zip')
        Assert-Checksum -Path (Join-Path $work 'archive.zip') -File $archive `
            -Checksums (Join-Path $work 'checksums')
        $files = Join-Path $work 'files'
        Expand-Archive -LiteralPath (Join-Path $work 'archive.zip') -DestinationPath $files
        # In the same form as the paths of what is in it, whatever the temporary folder is called.
        $files = (Get-Item -LiteralPath $files).FullName
        $stated = & (Join-Path $files "$name.exe") --version
        if ($stated -ne "$name $version") { throw "$archive holds $stated, not $name $version" }

        Remove-Installed
        New-Item -ItemType Directory -Path $Prefix -Force | Out-Null
        $program = Join-Path $Prefix "$name.exe"
        if (Test-Path -LiteralPath $program) {
            # A program that runs cannot be deleted, but it can be moved out of the way.
            $aside = Join-Path $Prefix "$name.old.exe"
            Remove-Item -LiteralPath $aside -Force -ErrorAction SilentlyContinue
            Move-Item -LiteralPath $program -Destination $aside -Force
        }
        Copy-Item -Path (Join-Path $files '*') -Destination $Prefix -Recurse -Force
        $installed = Get-ChildItem -LiteralPath $files -Recurse -File |
            ForEach-Object { $_.FullName.Substring($files.Length + 1) }
        Set-Content -LiteralPath (Join-Path $Prefix 'installed-files') -Value $installed
    } finally {
        Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
    }
    $folders = @(Get-UserPath)
    if (-not $NoPath -and $folders -notcontains $Prefix) {
        Set-UserPath -Folders ($folders + $Prefix)
        Write-Output "added $Prefix to your PATH; open a new terminal to use it"
    }
    Write-Output "installed $name ${version}: $(Join-Path $Prefix "$name.exe")"
}

# Deletes the files that were installed, all but the program itself, which may be running.
function Remove-Installed {
    $receipt = Join-Path $Prefix 'installed-files'
    if (-not (Test-Path -LiteralPath $receipt)) { return }
    foreach ($file in Get-Content -LiteralPath $receipt) {
        if ([IO.Path]::IsPathRooted($file) -or $file -match '(^|[\\/])\.\.([\\/]|$)') {
            throw "$receipt is damaged: $file"
        }
        if ($file -ne "$name.exe") {
            Remove-Item -LiteralPath (Join-Path $Prefix $file) -Force -ErrorAction SilentlyContinue
        }
    }
    Remove-Item -LiteralPath $receipt -Force
}

function Uninstall-Program {
    if (-not (Test-Path -LiteralPath (Join-Path $Prefix 'installed-files'))) {
        throw "$name was not installed into $Prefix by this script"
    }
    Remove-Installed
    Remove-Item -LiteralPath (Join-Path $Prefix "$name.exe") -Force
    Remove-Item -LiteralPath (Join-Path $Prefix "$name.old.exe") -Force -ErrorAction SilentlyContinue
    foreach ($folder in 'completions', 'man', '') {
        $path = if ($folder) { Join-Path $Prefix $folder } else { $Prefix }
        if ((Test-Path -LiteralPath $path) -and -not (Get-ChildItem -LiteralPath $path -Force)) {
            Remove-Item -LiteralPath $path -Force
        }
    }
    Set-UserPath -Folders @(Get-UserPath | Where-Object { $_ -ne $Prefix })
    Write-Output "removed $name from $Prefix; indexes of repositories are kept"
}

if (-not $Version) { $Version = $defaultVersion }
$version = $Version -replace '^v', ''
if ($version -notmatch '^[0-9A-Za-z.-]+$') { throw "'$version' is not a version" }
if (-not $Prefix) { $Prefix = Join-Path $env:LOCALAPPDATA "Programs\$name" }
$Prefix = [IO.Path]::GetFullPath($Prefix)
# Windows PowerShell may begin with protocols that no host accepts any more.
[Net.ServicePointManager]::SecurityProtocol =
    [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
if ($Uninstall) { Uninstall-Program } else { Install-Program }

from parcel.queue.backoff import CEILING_SECONDS, pause_before


def test_pause_never_exceeds_the_ceiling():
    assert all(pause_before(attempt) <= CEILING_SECONDS for attempt in range(40))


def test_pause_is_random():
    assert len({pause_before(5) for _ in range(10)}) > 1

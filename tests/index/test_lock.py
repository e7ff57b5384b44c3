from threading import Barrier, Event, Thread
from time import sleep

import pytest

from app.index.lock import ReadersWriterLock


def started(thread: Thread) -> Thread:
    thread.start()
    return thread


def test_readers_hold_it_together() -> None:
    lock, both_inside = ReadersWriterLock(), Barrier(2)

    def read() -> None:
        with lock.reading():
            both_inside.wait(timeout=5)

    threads = [started(Thread(target=read)) for _ in range(2)]

    for thread in threads:
        thread.join(timeout=5)
    assert not both_inside.broken


def test_a_writer_waits_for_the_reader_before_it_and_is_waited_for_by_the_one_after() -> None:
    lock, order, reading, release = ReadersWriterLock(), list[str](), Event(), Event()

    def read_first() -> None:
        with lock.reading():
            reading.set()
            release.wait(timeout=5)
            order.append("reader before")

    def write() -> None:
        with lock.writing():
            order.append("writer")

    def read_last() -> None:
        with lock.reading():
            order.append("reader after")

    threads = [started(Thread(target=read_first))]
    reading.wait(timeout=5)
    for tickets, target in ((2, write), (3, read_last)):
        threads.append(started(Thread(target=target)))
        while lock._next_ticket < tickets:
            sleep(0.001)
    assert order == []
    release.set()

    for thread in threads:
        thread.join(timeout=5)
    assert order == ["reader before", "writer", "reader after"]


def test_it_is_free_again_after_an_error() -> None:
    lock = ReadersWriterLock()

    for hold in (lock.reading, lock.writing, lock.reading):
        with pytest.raises(KeyError), hold():
            raise KeyError

    with lock.writing():
        assert lock._readers == 0

"""Work in threads: all of it in order, or as little as can be after an interrupt."""

import threading

import pytest

from siamese_nb.threads import in_threads


def test_results_come_in_the_order_of_the_parts() -> None:
    done: set[int] = set()

    def work(part: int) -> tuple[int, str]:
        done.add(threading.get_ident())
        return part, "." * part

    with in_threads(work, range(200), threads=4) as results:
        assert list(results) == [(part, "." * part) for part in range(200)]
    assert threading.get_ident() not in done


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_after_an_interrupt_what_has_not_begun_is_called_off(error: type[BaseException]) -> None:
    begun: list[int] = []
    interrupted = threading.Event()

    def work(part: int) -> int:
        begun.append(part)
        if part:
            interrupted.wait(60)
        return part

    with pytest.raises(error), in_threads(work, range(1000), threads=3) as results:
        assert next(results) == 0
        interrupted.set()
        raise error
    assert len(begun) < 1000
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ThreadPoolExecutor")]


def test_what_a_part_raises_is_raised() -> None:
    with pytest.raises(ZeroDivisionError), in_threads(lambda part: 1 // part, [1, 0]) as results:
        list(results)

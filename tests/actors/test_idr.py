"""Idr hands out the lowest free id and finds what it holds."""

from hypothesis import given
from hypothesis import strategies as st
from tests.actors.laboratory import Ops, Page, boot, laws, shrinker, turn

from slabrace.actors.cpu import Cpu
from slabrace.actors.idr import Idr
from slabrace.actors.messages import IdrAlloc, IdrFind, IdrRemove, IdrReplace


def test_ids_begin_at_zero_and_go_up() -> None:
    idr = Idr()
    assert [idr.idr_alloc(IdrAlloc(Page())) for _ in range(3)] == [0, 1, 2]


def test_the_lowest_free_id_is_used_again() -> None:
    idr = Idr()
    for _ in range(4):
        idr.idr_alloc(IdrAlloc(Page()))
    for id_ in (2, 0, 3):
        idr.idr_remove(IdrRemove(id_))
    assert [idr.idr_alloc(IdrAlloc(Page())) for _ in range(4)] == [0, 2, 3, 4]


def test_a_pointer_is_found_as_soon_as_it_has_an_id() -> None:
    kernel = boot()
    found: list[bool] = []

    async def program(cpu: Cpu) -> None:
        made = await shrinker(cpu, Ops(0), memcg_aware=True, register=False)
        found.append(await cpu.ask(kernel.shrinker_idr, IdrFind(0)) is made)
        found.append(made.refcount == 0)

    assert laws(turn(kernel, program)) == []
    assert found == [True, True]


def test_what_was_removed_is_not_found() -> None:
    idr = Idr()
    idr.idr_alloc(IdrAlloc(Page()))
    idr.idr_remove(IdrRemove(0))
    assert idr.idr_find(IdrFind(0)) is None


def test_replacing_lets_an_id_lead_elsewhere_and_gives_out_none() -> None:
    idr, pages = Idr(), [Page(), Page()]
    idr.idr_alloc(IdrAlloc(pages[0]))
    for id_ in (0, 1):
        idr.idr_replace(IdrReplace(id_, pages[1]))
    assert [idr.idr_find(IdrFind(id_)) for id_ in (0, 1)] == [pages[1], None]


def test_removing_what_is_not_there_frees_no_id() -> None:
    idr = Idr()
    idr.idr_alloc(IdrAlloc(Page()))
    idr.idr_remove(IdrRemove(5))
    idr.idr_remove(IdrRemove(0))
    idr.idr_remove(IdrRemove(0))
    assert [idr.idr_alloc(IdrAlloc(Page())) for _ in range(2)] == [0, 1]


@given(st.lists(st.one_of(st.none(), st.integers(0, 12))))
def test_an_idr_behaves_like_a_set_of_taken_ids(steps: list[int | None]) -> None:
    """None allocates; a number removes that id."""
    idr, model = Idr(), dict[int, Page]()
    for step in steps:
        if step is None:
            lowest = next(id_ for id_ in range(len(model) + 1) if id_ not in model)
            pointer = Page()
            assert idr.idr_alloc(IdrAlloc(pointer)) == lowest
            model[lowest] = pointer
        else:
            idr.idr_remove(IdrRemove(step))
            model.pop(step, None)
        for id_ in range(14):
            assert idr.idr_find(IdrFind(id_)) is model.get(id_)

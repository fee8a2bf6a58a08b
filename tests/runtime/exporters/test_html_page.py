"""The page in a browser: what somebody sees, presses and clicks."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser import chromium
from tests.runtime.exporters.runs import HOSTILE, Maker, broken, hostile, imported, many
from tests.runtime.exporters.shown import Show, Shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with chromium() as found:
        yield found


@pytest.fixture
def show(browser: "Browser", tmp_path: Path) -> Iterator[Show]:
    """Opens pages; at the end, none of them has fetched anything or complained."""
    opener = Show(browser, tmp_path)
    yield opener
    opener.close()


def selected(page: Shown) -> str:
    return page.text("#rows tr[aria-current]")


def lane(page: Shown) -> str:
    """Whose lane the live region has named last."""
    return page.text("#spoken").removeprefix("Lane ")


def test_it_opens_at_the_violation(show: Show) -> None:
    page = show(broken())
    assert page.step() == 10
    assert "use_after_free: read of freed memory" in selected(page)
    assert "reclaimer0 → info0: READ_ONCE(map)" in page.text("#selected")


def test_keys_step_and_jump(show: Show) -> None:
    page = show(broken())
    page.press("Home j j")
    assert (page.step(), "READ_ONCE(shrinker_info) = info0" in selected(page)) == (1, True)
    page.press("k")
    assert "rcu_read_lock" in selected(page)
    page.press("End")
    assert "end how=violation" in selected(page)
    page.press("Home v")
    assert "use_after_free" in selected(page)
    page.press("g PageDown")
    assert page.step() > 5


def test_n_goes_to_the_next_event_of_the_actor_and_b_to_the_cause(show: Show) -> None:
    page = show(broken(), "#step=1")
    page.press("n")
    assert page.step() == 5
    page.press("n n")
    assert page.step() == 7
    page.press("b")
    assert page.step() == 6
    page.press("p p")
    assert page.step() == 1


def test_left_and_right_choose_a_lane_and_n_follows_it(show: Show) -> None:
    page = show(broken(), "#step=1")
    page.press("ArrowRight")
    assert lane(page) == "umounter0"
    page.press("ArrowRight ArrowRight")
    assert lane(page) == "A"
    page.press("n")
    assert page.step() == 3


def test_the_state_of_the_chosen_object_is_that_of_the_step(show: Show) -> None:
    page = show(broken(), "#step=2&actor=A")
    words = page.page.locator("#selected .block", has_text="A at step")
    assert "info0" in words.locator("dl").inner_text()
    page.press("j")
    assert "info1 ← now" in words.locator("dl").inner_text()
    page.press("k")
    assert "info0" in words.locator("dl").inner_text()


def test_the_live_region_reads_the_selected_event(show: Show) -> None:
    page = show(broken(), "#step=2")
    page.press("j")
    said = page.text("#spoken")
    assert said == "Step 3: umounter0 to A: WRITE_ONCE(shrinker_info, info1)"


def test_a_link_opens_at_its_step_and_the_address_follows(show: Show) -> None:
    page = show(broken(), "#run=0123456789ab&step=4&at=2&actor=info0&cone=1")
    assert "kmalloc object=info0" in selected(page)
    assert "info0 at step 4" in page.text("#selected")
    assert "Cone of step 4" in page.text("#state-of-page")
    page.press("n")
    page.page.wait_for_url("**step=5**")
    page.page.evaluate("location.hash = '#step=9'")
    page.wait("#goto", "9")


def test_a_link_to_another_run_is_refused_in_words(show: Show) -> None:
    page = show(broken(), "#run=ffff&step=4")
    assert "The link is to run ffff" in page.text("#state-of-page")
    assert page.step() == 10


def test_search_finds_words_fields_and_expressions(show: Show) -> None:
    page = show(broken())
    page.press("Home /")
    page.page.keyboard.type("kmalloc object=info0")
    page.page.keyboard.press("Enter")
    assert page.text("#hits") == "1 hit"
    assert "kmalloc object=info0" in selected(page)
    page.page.fill("#query", "READ_ONCE map")
    page.wait("#hits", "4 hits")
    page.page.check("#regexp")
    page.page.fill("#query", "^(umounter|rcu)")
    page.wait("#hits", "14 hits")
    page.page.click("#hit-on")
    page.page.fill("#query", "(")
    page.page.locator("#hits", has_text="no regular expression").wait_for()


def related(page: Shown) -> dict[str, set[str]]:
    """The steps before and after the event of the cone, of messages only."""
    lines: list[list[str]] = page.page.eval_on_selector_all(
        "#rows tr:not(.noted):not(.bad)",
        "rows => rows.map(row => [row.querySelector('.rel')?.title ?? 'neither',"
        " row.querySelector('th').lastChild.textContent])",
    )
    found: dict[str, set[str]] = {}
    for relation, step in lines:
        found.setdefault(relation, set()).add(step)
    return found


def test_a_click_shows_the_causal_cone(show: Show) -> None:
    page = show(broken())
    page.click("A", 3)
    assert page.step() == 3
    assert related(page) == {
        "this one": {"3"},
        "before": {"2"},
        "after": {"4", "8", "9", "10"},
        "neither": {"1", "5", "6", "7"},
    }
    page.press("Escape")
    assert set(related(page)) == {"neither"}


def test_the_cone_of_an_event_is_that_of_its_clock(show: Show) -> None:
    run = many(600)
    rows = [each for each in run.records if each["event"] != "actor"]
    steps = {each["step"]: each for each in rows if each["event"] == "deliver"}
    clock, actor = steps[200]["clock"], steps[200]["actor"]
    before = {0} | {step for step, each in steps.items() if clock.get(each["actor"], -1) >= step}
    after = {step for step, each in steps.items() if each["clock"].get(actor, -1) >= 200}
    past = sum(each["step"] in before - {200} for each in rows)
    future = sum(each["step"] in after - {200} for each in rows)
    page = show(run, "#step=200&cone=1")
    words = page.text("#state-of-page")
    assert words.startswith(f"Cone of step 200: {past} events before it, {future} after it,")


def test_the_pointer_tells_fields_and_lives(show: Show) -> None:
    page = show(broken())
    page.point_at("info0", 6)
    told = page.text("#hover")
    assert "info0 (shrinker_info)" in told
    assert "retired at step 4" in told
    assert "step 6: reclaimer0 → info0: READ_ONCE(map_nr_max) = 64" in told
    page.point_at("reclaimer0", 6)
    assert "read-side section: step 0" in page.text("#hover")


def test_dark_and_light_follow_the_system_and_the_button(show: Show) -> None:
    page = show(broken(), color_scheme="dark")
    dark = page.colour("html", "backgroundColor")
    page.page.click("#theme")
    light = page.colour("html", "backgroundColor")
    assert (dark, light) == ("rgb(20, 24, 29)", "rgb(255, 255, 255)")
    page.page.reload()
    page.page.wait_for_selector("html[data-ready]")
    assert page.colour("html", "backgroundColor") == light


def test_paper_is_light_and_has_the_legend_and_no_controls(show: Show) -> None:
    page = show(broken(100), color_scheme="dark")
    page.page.emulate_media(media="print")
    page.page.wait_for_selector("html[data-paper]")
    assert page.colour("html", "backgroundColor") == "rgb(255, 255, 255)"
    assert "use_after_free" in selected(page)
    for gone in (".bar", "#overview", "#state-of-page"):
        assert not page.page.is_visible(gone)
    for there in ("#canvas", "#rows", "#legend", "h1"):
        assert page.page.is_visible(there)
    assert page.page.pdf().startswith(b"%PDF")
    page.page.emulate_media(media="screen")
    page.page.wait_for_selector("html:not([data-paper])")
    assert "use_after_free" in selected(page)
    assert page.colour("html", "backgroundColor") != "rgb(255, 255, 255)"


def test_a_hostile_name_stays_text(show: Show) -> None:
    page = show(hostile(), story=HOSTILE[0])
    page.press("Home j j j j c n n ? Escape")
    page.point_at(HOSTILE[0], 3)
    assert page.page.locator("img").count() == 0
    assert "owned" not in page.page.title().replace(HOSTILE[0], "")
    assert HOSTILE[0] in page.text("h1")
    assert HOSTILE[0] in page.text("#selected")
    assert "\u202e" not in page.text("#bench")


def test_a_recording_has_functions_and_spans_and_no_cone(show: Show) -> None:
    page = show(imported(), "#step=9")
    assert "mm_shrink_slab_end" in selected(page)
    assert page.page.is_disabled("#cone")
    assert page.page.is_disabled("#violation")
    assert "No vector clocks" in page.text("#state-of-page")
    page.press("c v")
    assert page.step() == 9
    page.point_at("bash-311", 7)
    assert "shrink: step 6 to step 9" in page.text("#hover")


def test_kinds_of_many_share_a_lane_until_they_are_unfolded(show: Show) -> None:
    page = show(many(2_000), "#step=300")
    assert "in 12 lanes" in page.text("#state-of-page")
    page.page.click("#lanes summary")
    page.page.get_by_label("mem_cgroup (15)").check()
    page.press("Escape")
    page.page.click("#lanes summary")
    page.point_at("memcg0", 300)


def test_of_many_that_act_those_that_did_most_keep_their_lanes(show: Show) -> None:
    run = Maker()
    for task in range(60):
        run.actor(f"task{task}", "task", active=True)
        run.step += 1
        for _ in range(1 + task % 2):
            run.note("function", f"task{task}", name="do_shrink_slab")
    page = show(run.log(), "#step=2")
    assert "in 21 lanes" in page.text("#state-of-page")
    page.point_at("task1", 2)
    page.point_at("task \u00d740", 1)


def test_every_control_is_reached_by_tab_and_shows_it(show: Show) -> None:
    page = show(broken())
    reached = []
    for _ in range(40):
        page.page.keyboard.press("Tab")
        reached.append(
            page.page.evaluate(
                "[document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle]"
            )
        )
    names = [name for name, _ in reached]
    for control in (
        "token", "previous", "next", "goto", "violation", "cone", "query", "regexp", "hit-back",
        "hit-on", "smaller", "larger", "link", "theme", "help", "diagram",
    ):  # fmt: skip
        assert control in names
        assert reached[names.index(control)][1] != "none"


def test_letters_typed_into_a_field_are_not_commands(show: Show) -> None:
    page = show(broken(), "#step=4")
    page.page.focus("#query")
    page.page.keyboard.type("jjvn")
    assert page.step() == 4
    assert page.page.input_value("#query") == "jjvn"


def test_the_schedule_is_copied(show: Show) -> None:
    page = show(broken())
    page.page.click("[data-copy=token]")
    page.wait("#copied", "Copied.")
    page.page.focus("#query")
    page.page.keyboard.press("Control+v")
    assert page.page.input_value("#query") == "s1.abcDEF"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show: Show, scheme: str) -> None:
    pytest.importorskip("axe_playwright_python", reason="needs axe-playwright-python")
    axe = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    pages = [(broken(), "#step=7&cone=1"), (imported(), "")]
    for run, link in pages if scheme == "light" else pages[:1]:
        page = show(run, link, story="a0\n----", color_scheme=scheme)
        page.page.fill("#query", "info")
        page.page.locator("#hits", has_text="hit").wait_for()
        page.page.evaluate(axe)
        result: dict[str, Any] = page.page.evaluate("axe.run()")
        found = [(each["id"], [node["html"] for node in each["nodes"]])
                 for each in result["violations"]]  # fmt: skip
        assert found == [], json.dumps(found, indent=1)


def test_the_selected_event_stays_in_view_at_every_size(show: Show) -> None:
    page = show(many(3_000), "#step=1500")
    for key in ["-"] * 8 + ["+"] * 8:
        page.press(key)
        assert "1,500" in selected(page)
    page.page.set_viewport_size({"width": 800, "height": 600})
    page.settle()
    page.press("j k")
    assert "1,500" in selected(page)


@pytest.mark.slow
def test_two_hundred_thousand_events_stay_usable(show: Show) -> None:
    page = show(many(200_000))
    page.press("End")
    assert page.page.locator("#rows tr").count() < 100
    page.press("Home v n c - - - - - - - - + ] PageDown")
    page.page.fill("#query", "READ_ONCE cpu7")
    page.page.locator("#hits", has_text="hits").wait_for()
    page.page.fill("#goto", "123456")
    page.page.keyboard.press("Enter")
    assert page.step() == 123_456

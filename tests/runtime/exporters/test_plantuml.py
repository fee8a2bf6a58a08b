"""PlantUML's text, without PlantUML."""

import io

from tests.runtime.exporters.recorded import HOSTILE, LEGEND, long, named, recorded

from slabrace.runtime.exporters.plantuml import write
from slabrace.runtime.run_log import RunLog


def text(run: RunLog) -> tuple[list[str], list[str]]:
    out = io.BytesIO()
    remarks = write(run, LEGEND, out)
    return out.getvalue().decode().splitlines(), remarks


def test_a_diagram_begins_names_its_participants_and_ends() -> None:
    told, remarks = text(recorded())
    assert remarks == []
    assert (told[0], told[-1]) == ("@startuml", "@enduml")
    assert 'participant "door" as a4' in told
    assert "a1 -> a3 : Store(x, 6)" in told
    assert told[-2].startswith("hnote across : ")
    assert told[-2].endswith(" no_use_after: x was used after it was gone")


def test_of_a_long_run_the_end_is_kept_and_the_rest_told_of() -> None:
    told, remarks = text(long(1_000))
    assert remarks[0].startswith("the first 700 of 1,000 rows were left out")
    assert "... 700 rows before this are left out ..." in told


def test_no_name_can_end_the_diagram_or_begin_a_directive() -> None:
    told, _ = text(named(recorded(), "x", f"{HOSTILE}\n@enduml\n!include /etc/passwd"))
    assert len(told) == len(text(recorded())[0])
    assert told.count("@enduml") == 1
    assert not any("!" in line or "~" in line or "<b>" in line for line in told)

"""TrackEvent: read back with the classes that Perfetto generates from its schema."""

import io
from typing import Any

import pytest
from tests.runtime.exporters.recorded import HOSTILE, LEGEND, long, named, recorded

from slabrace.runtime.exporters.packets import varint
from slabrace.runtime.exporters.perfetto import write
from slabrace.runtime.run_log import RunLog

schema = pytest.importorskip(
    "perfetto.protos.perfetto.trace.perfetto_trace_pb2", reason="perfetto is not installed"
)


def packets(run: RunLog) -> list[Any]:
    out = io.BytesIO()
    assert write(run, LEGEND, out) == []
    trace = schema.Trace()
    trace.ParseFromString(out.getvalue())
    return list(trace.packet)


def test_only_fields_of_the_schema_are_written() -> None:
    out = io.BytesIO()
    write(recorded(), LEGEND, out)
    trace = schema.Trace()
    trace.ParseFromString(out.getvalue())
    again = trace.SerializeToString()
    trace.DiscardUnknownFields()
    assert trace.SerializeToString() == again


def test_the_first_packet_clears_the_state_that_the_others_need() -> None:
    first, *rest = packets(recorded())
    assert first.sequence_flags == schema.TracePacket.SEQ_INCREMENTAL_STATE_CLEARED
    assert {packet.trusted_packet_sequence_id for packet in [first, *rest]} == {1}
    events = [packet for packet in rest if packet.HasField("track_event")]
    assert {each.sequence_flags for each in events} == {
        schema.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE
    }


def test_a_name_is_told_before_its_number_is_used() -> None:
    known: set[int] = set()
    used = 0
    for packet in packets(recorded()):
        known |= {each.iid for each in packet.interned_data.event_names}
        if packet.track_event.name_iid:
            used += 1
            assert packet.track_event.name_iid in known
    assert used > 20


def test_begins_and_ends_of_a_track_are_balanced_but_for_what_never_ended() -> None:
    event = schema.TrackEvent
    kinds = [packet.track_event.type for packet in packets(recorded())]
    begun, ended = kinds.count(event.TYPE_SLICE_BEGIN), kinds.count(event.TYPE_SLICE_END)
    assert (begun, ended) == (12, 11)


def test_times_are_nanoseconds_as_in_the_log() -> None:
    run = long(5)
    run.records[-1]["vt"] = (1 << 60) + 1
    assert packets(run)[-1].timestamp == (1 << 60) + 1


def test_a_name_may_have_any_character() -> None:
    tracks = [packet.track_descriptor.name for packet in packets(named(recorded(), "x", HOSTILE))]
    assert HOSTILE in tracks
    surrogate = named(recorded(), "x", "\ud800")
    assert "?" in [packet.track_descriptor.name for packet in packets(surrogate)]


@pytest.mark.parametrize("number", [0, 127, 128, 1 << 14, 1 << 21, 1 << 28, 1 << 35, (1 << 64) - 1])
def test_a_varint_has_seven_bits_a_byte(number: int) -> None:
    made = varint(number)
    assert sum((byte & 127) << 7 * place for place, byte in enumerate(made)) == number
    assert [byte >> 7 for byte in made] == [1] * (len(made) - 1) + [0]

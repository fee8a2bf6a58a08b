"""A user's script whose actors have names that mean something to a browser."""

from slabrace.runtime.actor import Actor, handles
from slabrace.runtime.message import Message
from slabrace.runtime.monitor import Monitor
from slabrace.runtime.scenario import SOMETIMES, scenario
from slabrace.runtime.world import World

NAMES = ("<img src=x onerror=alert(1)>", "\"'></svg><script>alert(2)</script>")


class Get(Message, frozen=True):
    pass


class Put(Message, frozen=True):
    value: str


class Box(Actor):
    value = ""

    @handles(Get)
    def get(self, message: Get) -> str:
        return self.value

    @handles(Put)
    def put(self, message: Put) -> None:
        self.value = message.value


class Adder(Actor):
    def __init__(self, box: Box) -> None:
        self.box = box

    async def run(self) -> None:
        self.note("function", name="<b>add</b>")
        value = await self.ask(self.box, Get())
        await self.ask(self.box, Put(value + "&amp;"))


class Total(Monitor):
    law = "no_</title>_lost"

    def __init__(self, box: Box) -> None:
        self.box = box

    def at_quiescence(self) -> None:
        if self.box.value != "&amp;" * 2:
            self.violated(f"<script>alert(3)</script> {self.box.value}", self.box)


@scenario(verdict=SOMETIMES)
def hostile(world: World, *, note: str = "<i>") -> None:
    """A summary with <em>markup</em> & "quotes"."""
    box = world.spawn(Box(), name="<box>")
    for name in NAMES:
        world.spawn(Adder(box), name=name)
    world.judge(Total(box))

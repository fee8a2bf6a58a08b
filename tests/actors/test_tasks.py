"""Tasks that do less than the whole: what they leave is what the whole would have left."""

from tests.actors.laboratory import boot, quiet

from slabrace.actors.initial import mounted, object_of
from slabrace.actors.memcg import Memcg
from slabrace.actors.superblock import SuperBlock
from slabrace.actors.tasks import MemcgOffliner, MemcgRemover

State = tuple[bool, bool, bool, int]


def state_after(task: type[MemcgOffliner] | type[MemcgRemover]) -> State:
    """C online? Its lists gone? A's bit, A's objects."""
    kernel = boot(unit_bits=2)
    memcg = kernel.boot_memcg("A")
    child = kernel.boot_memcg("C", memcg)
    sb: SuperBlock = mounted(kernel, "S")
    item = object_of(kernel, sb, child)
    kernel.world.spawn(task(kernel, child))
    quiet(kernel)
    info = memcg.nodeinfo[0].shrinker_info
    assert info is not None
    return (child.css_online, child.id not in sb.inode_lru.xa, info.bit(0), held(memcg, item.on))


def held(memcg: Memcg, one: object) -> int:
    return len(getattr(one, "items", ())) if getattr(one, "memcg", None) is memcg else 0


def test_the_offliner_hands_over_what_rmdir_hands_over() -> None:
    assert state_after(MemcgOffliner) == state_after(MemcgRemover) == (False, True, True, 1)

"""Limits of a container, read from a directory that looks like the kernel's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from loki_tui.runtime.cgroups import cpu_group, memory_group
from loki_tui.runtime.vitals import Meter

GIB = 2**30
SIZE = 8 * GIB


@dataclass(frozen=True)
class Groups:
    """A hierarchy, and this process in one of its groups."""

    root: Path

    @property
    def mount(self) -> Path:
        return self.root / "mount"

    @property
    def membership(self) -> Path:
        return self.root / "cgroup"

    def write(self, group: str, **files: str) -> None:
        directory = self.mount / group
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (directory / name.replace("_", ".", 1)).write_text(text)

    def put_us_in(self, group: str) -> None:
        self.membership.write_text(f"4:memory:/elsewhere\n0::/{group}\n")


@pytest.fixture
def groups(tmp_path: Path) -> Groups:
    groups = Groups(tmp_path)
    groups.write("", cpu_stat="usage_usec 1000000\n")
    groups.put_us_in("")
    return groups


def test_without_limits_there_is_no_group(groups: Groups) -> None:
    groups.write("a", memory_max="max\n", cpu_max="max 100000\n")
    groups.put_us_in("a")
    assert memory_group(SIZE, mount=groups.mount, membership=groups.membership) is None
    assert cpu_group(4, mount=groups.mount, membership=groups.membership) is None


@pytest.mark.parametrize("present", [True, False])
def test_without_the_hierarchy_there_is_no_group(tmp_path: Path, present: bool) -> None:
    membership = tmp_path / "cgroup"
    if present:
        membership.write_text("0::/\n")
    assert memory_group(SIZE, mount=tmp_path / "none", membership=membership) is None
    assert cpu_group(4, mount=tmp_path / "none", membership=membership) is None


def test_the_tightest_limit_on_the_way_up_counts(groups: Groups) -> None:
    groups.write("a", memory_max=f"{GIB}\n", cpu_max="100000 100000\n")
    groups.write("a/b", memory_max=f"{4 * GIB}\n", cpu_max="50000 100000\n")
    groups.write("other", memory_max="1\n", cpu_max="1 100000\n")
    groups.put_us_in("a/b")
    memory = memory_group(SIZE, mount=groups.mount, membership=groups.membership)
    cpu = cpu_group(4, mount=groups.mount, membership=groups.membership)
    assert memory is not None
    assert (memory.group, memory.limit) == (groups.mount / "a", GIB)
    assert cpu is not None
    assert (cpu.group, cpu.cores) == (groups.mount / "a/b", 0.5)


def test_a_limit_above_the_machine_is_none(groups: Groups) -> None:
    groups.write("", memory_max=f"{SIZE}\n", cpu_max="400000 100000\n")
    assert memory_group(SIZE, mount=groups.mount, membership=groups.membership) is None
    assert cpu_group(4, mount=groups.mount, membership=groups.membership) is None


def test_the_containers_size_is_the_machines(groups: Groups, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container of half a core and 100 MB, of which 60 MB are used and 20 more are cache."""
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    groups.write("", memory_max="100000000\n", memory_current="80000000\n", cpu_max="50000 100000\n")
    groups.write("", memory_stat="anon 60000000\ninactive_file 20000000\n", cpu_stat="usage_usec 1000000\nnr 1\n")
    meter = Meter(psutil.Process(), mount=groups.mount, membership=groups.membership)
    groups.write("", cpu_stat="usage_usec 2000000\nnr 1\n")
    now += 4
    sample = meter.measure()
    assert sample.memory_percent == 60.0
    assert sample.cpu_percent == 50.0


def test_a_group_that_is_gone_is_an_error_of_the_system(groups: Groups) -> None:
    groups.write("", memory_max="100000000\n", memory_current="80000000\n")
    group = memory_group(SIZE, mount=groups.mount, membership=groups.membership)
    assert group is not None
    (groups.mount / "memory.current").unlink()
    with pytest.raises(FileNotFoundError):
        group.used()

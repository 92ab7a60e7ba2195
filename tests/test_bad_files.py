"""Whatever a scenario file holds, the answer is a scenario or a ScenarioError that says where and what."""

import copy
import math
import os
import pickle
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatesim.scenario import Problem, ScenarioError, build, load, reading
from gatesim.scenario.errors import SHOWN_PROBLEMS
from gatesim.scenario.keys import leaves
from gatesim.scenario.policies import FAMILIES
from gatesim.scenario.positions import Positions
from tests.scenarios import SMALL, small_data

JARGON = (
    "pydantic",
    "http",
    "Input should",
    "validation error",
    "input_value",
    "Extra inputs",
    "valid string",
)
TEXT = SMALL.read_text(encoding="utf-8")


def problems(source: str | Path) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load(source)
    text = str(caught.value)
    assert not any(word in text for word in JARGON), text
    return text.splitlines()


def problem(path: Path) -> str:
    (only,) = problems(path)
    assert only.startswith(str(path))
    return only.removeprefix(f"{path}:")


def changed(tmp_path: Path, old: str, new: str) -> tuple[Path, int]:
    """The small scenario with one passage changed, and the line of the change."""
    assert TEXT.count(old) == 1, old
    path = tmp_path / "changed.toml"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    return path, TEXT[: TEXT.index(old)].count("\n") + 1


# --- What is wrong within a file ---


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 7", "sead = 7", 'sead: unknown key; nearest: "seed"'),
        ("gives_up = 0.2", "give_up = 0.2", 'segments.natives.give_up: unknown key; nearest: "gives_up"'),
        ("on = 0.5, ", "onn = 0.5, ", 'segments.natives.vpn.onn: unknown key; nearest: "on"'),
        ('k = "any"', 'kk = "any"\nk = "any"', 'policies.any_foreign.kk: unknown key; nearest: "k"'),
        (
            "check_above = 0.05",
            "check_abov = 0.05",
            'policies.careful.check_abov: unknown key; nearest: "check_above"',
        ),
        (
            '[policies.open]\nfamily = "open"',
            '[policies.open]\nfamily = "opn"',
            'policies.open.family: there is no family "opn"; nearest: "open"; families: "open", '
            '"shutdown", "k_of_n", '
            '"single", "score", "posterior", "rules", "listed", "best", "attested", "by_channel", "plug_in"',
        ),
        (
            'proves = { citizen = "citizen" }',
            'proves = { citzen = "citizen" }',
            'documents.passport.proves.citzen: unknown key; nearest: "citizen"',
        ),
        (
            'grace = "0h"',
            "grace = 3",
            "orders.0.grace: is no duration: write a number and a unit in quotes: "
            '"90m", "36h", "30d", or "forever"',
        ),
        (
            'length = "10d"',
            'length = "10 days"',
            'length: is no duration: write a number and a unit in quotes: "90m", "36h", "30d", or "forever"',
        ),
        ("share = 0.5\n", 'share = "0.5"\n', 'segments.natives.share: must be a number, is "0.5"'),
        ("share = 0.5\n", "share = true\n", "segments.natives.share: must be a number, is true"),
        ("share = 0.5\n", "share = 1.5\n", "segments.natives.share: must be at most 1, is 1.5"),
        ("share = 0.5\n", "share = -0.5\n", "segments.natives.share: must be at least 0, is -0.5"),
        ("share = 0.5\n", "share = nan\n", "segments.natives.share: must be a finite number, is nan"),
        ("share = 0.5\n", "share = inf\n", "segments.natives.share: must be a finite number, is inf"),
        ("people = 300", "people = 300.5", "people: must be a whole number, is 300.5"),
        ("people = 300", "people = true", "people: must be a whole number, is true"),
        ("people = 300", 'people = "300"', 'people: must be a whole number, is "300"'),
        ("people = 300", "people = 0", "people: must be at least 1, is 0"),
        ("people = 300", "people = 99999999999999999999", "people: is a whole number beyond 64 bits"),
        (
            "represents = 3000",
            "represents = 1e12",
            "represents: must be at most 100,000,000,000, is 1000000000000.0",
        ),
        ('title = "A small world"', "title = 5", "title: must be a text in quotes, is 5"),
        (
            'citizenship = ["GB"]',
            'citizenship = "GB"',
            'segments.visitors.citizenship: must be an array: [...], is "GB"',
        ),
        ('citizenship = ["GB"]', "citizenship = []", "segments.visitors.citizenship: needs at least 1 entry"),
        (
            'citizenship = ["GB"]',
            'citizenship = ["gb"]',
            "segments.visitors.citizenship.0: is no country code of "
            'ISO 3166, two capital letters, nor "*": "gb"',
        ),
        (
            "vpn = { users = 0.25, exits = { US = 0.5, other = 0.5 } }",
            "vpn = 0.25",
            "segments.foreigners.vpn: must be a table, is 0.25",
        ),
        (
            'status = "temporary"',
            'status = "temporal"',
            'segments.visitors.status: "temporal" is none of the values allowed; nearest: "temporary"',
        ),
        (
            "card = { US = 0.98, other = 0.02 }",
            "card = { US = 0.98, other = 0.03 }",
            "segments.natives.card: adds up to 1.01: the shares must add up to 1",
        ),
        ("accuracy = 0.98", 'accuracy = "high"', 'signals.payment.accuracy: must be a number, is "high"'),
        (
            "accuracy = { US = 0.985, other = 0.99 }",
            "accuracy = { US = 0.985, other = 1.99 }",
            "signals.ip.accuracy.other: must be at most 1, is 1.99",
        ),
        (
            "accuracy = { US = 0.985, other = 0.99 }",
            "accuracy = { US = { US = 0.9 }, other = { other = 1.0 } }",
            "signals.ip.accuracy.US: adds up to 0.9: the shares must add up to 1",
        ),
        (
            'k = "any"',
            'k = "some"',
            'policies.any_foreign.k: "some" is none of the values allowed; allowed: "any", "majority", "all"',
        ),
        ('k = "any"', "k = 0", "policies.any_foreign.k: must be at least 1, is 0"),
        (
            "start = 2026-06-10T00:00:00-04:00",
            "start = 2026-06-10T00:00:00",
            "start: has no time zone: write an offset, such as 2026-06-12T17:21:00-04:00",
        ),
        (
            "start = 2026-06-10T00:00:00-04:00",
            "start = 2026-06-10",
            "start: is no date with time and zone: write, without quotes, 2026-06-12T17:21:00-04:00",
        ),
        (
            "start = 2026-06-10T00:00:00-04:00",
            "start = 0001-06-10T00:00:00-04:00",
            "start: lies outside the years 1900 to 2200",
        ),
        (
            "at = 2026-06-18T00:00:00-04:00",
            "at = 2026-06-18T00:00:00",
            "orders.0.ends.0.at: has no time zone: write an offset, such as 2026-06-12T17:21:00-04:00",
        ),
        (
            'start = "09:00"',
            'start = "9:00"',
            'desk.shifts.0.start: is no time of day: write "09:00", or "24:00" for the end of the day',
        ),
        (
            "range = [0.95, 0.995]",
            "range = [0.995, 0.95]",
            'assumptions."signals.*.accuracy".range: must be two numbers, the lower one first: [0.1, 0.3]',
        ),
        ("seed = 7", "seed = 4294967296", "seed: must be less than 4,294,967,296, is 4294967296"),
        ('signal = "ip"', 'signal = ""', "policies.ask.signal: is an empty text"),
        (
            'signal = "ip"',
            'signal = "the ip"',
            'policies.ask.signal: "the ip" is no name: letters, digits, - and _, beginning with a letter or '
            "digit, at most 60",
        ),
        (
            "documents = { passport = 0.5 }",
            'documents = { "a passport" = 0.5 }',
            'segments.natives.documents."a passport": is no name: letters, digits, - and _, beginning with a '
            "letter or digit, at most 60",
        ),
        (
            'title = "A passport of home"',
            f'title = "{"x" * 301}"',
            "documents.passport.title: is longer than 300 characters",
        ),
        (
            'length = "10d"',
            'length = "2000y"',
            'length: is longer than a thousand years: write "forever" where no end is meant',
        ),
        ('home = "US"\nage_bands', 'home = "EU"\nage_bands', 'home: there is no region "EU"; nearest: "US"'),
    ],
)
def test_the_message_names_line_key_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path, line = changed(tmp_path, old, new)
    line += old.startswith("[")
    assert problem(path) == f"{line}: {message}"


NO_TEXT = [
    0x00,
    0x07,
    0x0B,
    0x0D,
    0x1B,
    0x7F,
    0x85,
    0x9F,
    0x202A,
    0x202E,
    0x2066,
    0x2069,
    0xFDD0,
    0xFFFE,
    0x10FFFF,
]


@pytest.mark.parametrize("code", NO_TEXT)
def test_a_text_holds_nothing_that_is_no_text(tmp_path: Path, code: int) -> None:
    path, line = changed(tmp_path, 'title = "A small world"', f'title = "A small\\U{code:08X} world"')
    said = f"title: holds U+{code:04X}, which "
    right = ": leave it out; a text may hold letters, signs, tabs and ends of lines"
    assert problem(path).startswith(f"{line}: {said}")
    assert problem(path).endswith(right)
    for one in (f'title="x\\U{code:08X}"', f'title = "x" # {chr(code)}', f"title=x{chr(code)}y"):
        with pytest.raises(ScenarioError, match=rf"^--set: title\s?: holds U\+{code:04X}, which .*{right}$"):
            load(SMALL, [one])
    with pytest.raises(ScenarioError, match=rf"^the scenario: title: holds U\+{code:04X}"):
        build({**load(SMALL).data, "title": f"A{chr(code)}"})


@pytest.mark.no_cover  # others cover the same lines
def test_no_key_and_no_text_in_an_array_holds_what_is_no_text(tmp_path: Path) -> None:
    path, line = changed(tmp_path, "seed = 7", '"se\\u202eed" = 7')
    said = r'"se\u202eed": the key holds U+202E, which turns the order in which text is read: leave it out'
    assert problem(path).startswith(f"{line}: {said}")
    path, line = changed(tmp_path, "a made-up source", "a \\u001b source")
    said = 'assumptions."signals.*.accuracy".sources.0: holds U+001B, which is no letter and no sign'
    assert problem(path).startswith(f"{line}: {said}")
    with pytest.raises(ScenarioError, match=r'^--set: policies."a\\u0007": the key holds U\+0007'):
        load(SMALL, ['policies."a\\u0007".family="open"'])


@pytest.mark.no_cover  # others cover the same lines
def test_ends_of_lines_tabs_and_letters_of_every_script_are_text() -> None:
    title = "a\n\tb \u0645\u200e\u200f \u00e9 \u4e2d \U0001f600 \ufeff\u00ad"
    assert build({**load(SMALL).data, "title": title}).title == title


def test_a_key_that_is_missing_points_to_its_table(tmp_path: Path) -> None:
    path, line = changed(tmp_path, 'observes = "network"\n', "")
    assert problem(path) == f"{line - 1}: signals.ip.observes: is missing: this key must be given"


def test_a_policy_without_family_is_told_the_families(tmp_path: Path) -> None:
    path, _ = changed(tmp_path, 'family = "shutdown"\n', "")
    assert "policies.shutdown.family: is missing" in problem(path)
    assert all(family in problem(path) for family in FAMILIES)


def test_several_problems_are_told_at_once_in_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(TEXT.replace("seed = 7", "sead = 7").replace("gives_up = 0.2", "gives_up = 2"))
    numbers = [int(line.removeprefix(f"{path}:").partition(":")[0]) for line in problems(path)]
    assert sorted(numbers) == [8, 37]


def test_of_many_problems_the_first_twenty_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(TEXT + "".join(f"[segments.s{number}]\nshare = 0\n" for number in range(50)))
    lines = problems(path)
    assert len(lines) == SHOWN_PROBLEMS + 1
    assert lines[-1].startswith("and ")


@pytest.mark.no_cover  # others cover the same lines
def test_sixty_thousand_wrong_keys_do_not_take_the_square_of_the_time(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    # Seconds of CPU: a search for each key among all the others would take many times as long.
    path.write_text(TEXT + "[desk.x]\n" + "".join(f"k{number} = 0\n" for number in range(60_000)))
    began = time.process_time()
    problems(path)
    assert time.process_time() - began < 20


def test_a_wrong_inherited_value_is_found_in_the_file_in_which_it_stands(tmp_path: Path) -> None:
    base = tmp_path / "base.toml"
    base.write_text(TEXT.replace("gives_up = 0.2", "gives_up = 2.0"))
    top = tmp_path / "top.toml"
    top.write_text('schema = 1\nbase = "base.toml"\n[segments.natives]\nnever_answers = 0.1\n')
    assert problems(top) == [f"{base}:37: segments.natives.gives_up: must be at most 1, is 2.0"]


def test_a_sum_that_is_wrong_is_found_in_the_file_that_changed_it(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(TEXT)
    top = tmp_path / "top.toml"
    top.write_text('schema = 1\nbase = "small.toml"\n[segments.natives]\nshare = 0.6\n')
    assert problem(top) == ("4: segments: the shares of the segments add up to 1.1: they must add up to 1")


@pytest.mark.parametrize(
    ("beliefs", "message"),
    [
        ("signals.ip.accuracy = 2", "signals.ip.accuracy: must be at most 1, is 2"),
        ("signals.ip.acuracy = 0.9", 'signals.ip.acuracy: unknown key; nearest: "accuracy"'),
        (
            "segments.natives.card = { EU = 1.0 }",
            'segments.natives.card.EU: there is no region "EU"; nearest: "US"',
        ),
        (
            "people = 3",
            'people: is nothing that beliefs are about; they are about: "segments", "signals", "causes"',
        ),
        (
            "signals.pi.accuracy = 0.9",
            'signals.pi: is not in the scenario: beliefs are about what is there; nearest: "ip"',
        ),
        (
            'segments.natives.status = "permanent"',
            "segments.natives.status: is what the law goes by, and no matter of belief; "
            "change the shares of segments instead",
        ),
        (
            'signals.ip.observes = "device"',
            "signals.ip.observes: is no matter of belief: the readings would be others",
        ),
        (
            "segments.natives.share = 0.6",
            "segments: the shares of the segments add up to 1.1: they must add up to 1",
        ),
        ("signals = 3", "signals: must be a table, is 3"),
    ],
)
def test_beliefs_are_checked_like_the_scenario(tmp_path: Path, beliefs: str, message: str) -> None:
    path, line = changed(tmp_path, "check_above = 0.05\n", f"check_above = 0.05\nbeliefs.{beliefs}\n")
    assert problem(path) == f"{line + 1}: policies.careful.beliefs.{message}"


LICENCE = '[[orders.licences]]\napplied = {}\ndecided_after = "2d"\nat_least = "2d"\ngranted = 0.5\n{}\n\n'


@pytest.mark.parametrize(
    ("added", "line", "message"),
    [
        (
            LICENCE.format(
                "2026-06-13T00:00:00-04:00", 'channels = ["api"]\nuntil = 2026-06-14T00:00:00-04:00'
            ),
            6,
            "orders.0.licences.0.until: the licence expires before it can be granted; it is decided on "
            "2026-06-15T00:00:00-04:00 at the earliest",
        ),
        (
            LICENCE.format("2026-06-16T00:00:00-04:00", 'organisations = ["lab"]'),
            1,
            "orders.0.licences.0.applied: the order has ended before the licence can be granted",
        ),
        (
            LICENCE.format("2026-06-13T00:00:00-04:00", 'channels = ["reseller"]'),
            0,
            "orders.0.licences.0: the licence is for nobody: no segment meets its conditions",
        ),
        (
            '[[orders.carve_outs]]\nat = 2026-06-13T00:00:00-04:00\nchannels = ["reseller"]\n\n',
            0,
            "orders.0.carve_outs.0: the carve-out is for nobody: no segment meets its conditions",
        ),
        (
            '[operator]\nladder = ["later"]\n\n[policies.later]\nfamily = "open"\nlead_time = "forever"\n\n',
            1,
            'operator.ladder.0: "later" is never ready; give it a lead_time, or take it off the ladder',
        ),
        (
            '[[usage_caps]]\nmodels = ["new"]\nper_day = 2\nat = 2026-06-13T00:00:00-04:00\nlength = "1d"\n\n',
            1,
            'usage_caps.0.models.0: an order names "new" in all that time, and a cap holds only where none does',
        ),
        (
            '[orders.licence_desk]\nofficers = 2\nservice = "1h"\nservice_at_least = "2h"\n\n',
            2,
            "orders.0.licence_desk.service: the mean time for an application is shorter than the shortest one",
        ),
        (
            '[orders.licence_desk]\nofficers = 0\nservice = "1h"\n\n',
            1,
            "orders.0.licence_desk.officers: must be at least 1, is 0",
        ),
        (
            '[[usage_caps]]\nmodels = ["new"]\nper_day = 1.5\nat = 2026-06-19T00:00:00-04:00\nlength = "1d"\n\n',
            2,
            "usage_caps.0.per_day: must be a whole number, is 1.5",
        ),
        (
            '[[orders.ends]]\nkind = "stayed"\nat = 2026-06-12T17:00:00-04:00\n\n',
            2,
            "orders.0.ends.0.at: the order ends before it is in force",
        ),
    ],
)
def test_orders_and_operators_that_come_to_nothing_are_named(
    tmp_path: Path, added: str, line: int, message: str
) -> None:
    """A licence that expires before it is granted, carve-outs for nobody, a policy that is never ready, ..."""
    before = (
        "[verdict]"
        if added.startswith(("[operator", "[[usage_caps", "[orders.licence_desk", LICENCE[:18]))
        else "[[orders.carve_outs]]"
    )
    path, begins = changed(tmp_path, before + "\n", added + before + "\n")
    first = [one for one in problems(path) if message in one]
    assert first
    assert first[0].startswith(f"{path}:{begins + line}: {message}")


def test_beliefs_that_fit_are_no_error(tmp_path: Path) -> None:
    believed = (
        'beliefs.causes.rain = { signals = ["ip"], probability = 0.1 }\nbeliefs.signals.ip.accuracy = 0.9\n'
    )
    path, _ = changed(tmp_path, "check_above = 0.05\n", f"check_above = 0.05\n{believed}")
    careful = load(path).scenario.policies["careful"]
    assert careful.model_dump()["beliefs"]["signals"] == {"ip": {"accuracy": 0.9}}


# --- What is no scenario file at all ---


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", " is empty; a scenario begins with: schema = 1"),
        (b" \n\t\n", " is empty; a scenario begins with: schema = 1"),
        (b"\x7fELF\x00\x01\x02", " is no text: it holds zero bytes"),
        ("schema = 1".encode("utf-16"), " is written in UTF-16: save it as UTF-8"),
        ("schema = 1".encode("utf-16-be"), " is no text: it holds zero bytes"),
        ('schema = 1\ntitle = "caf\xe9"'.encode("latin-1"), "2: is not written in UTF-8: save it as UTF-8"),
        (b'title = "x"', " schema: is missing; write, as the first line: schema = 1"),
        (
            b'title = "x"\nschema = 2',
            "2: schema: schema = 2 is newer than this gatesim, which reads 1; "
            "upgrade it: pip install --upgrade gatesim",
        ),
        (b"schema = 0", "1: schema: schema = 0 is unknown; this gatesim reads schema = 1"),
        (b"schema = true", "1: schema: schema = true is unknown; this gatesim reads schema = 1"),
        (b'schema = "1"', '1: schema: schema = "1" is unknown; this gatesim reads schema = 1'),
        (b"schema = 1.0", "1: schema: schema = 1.0 is unknown; this gatesim reads schema = 1"),
        (b"schema = 1\nseed = 1\nseed = 2", "3: a key is given a second time"),
        (b"schema = 1\n[desk]\n[desk]\n", "3: a table is declared a second time"),
        (b"schema = 1\nseed = \n", "2: is no valid TOML: invalid value"),
        (b"schema = 1\nseed 3\n", "2: is no valid TOML: expected '=' after a key in a key/value pair"),
        (b"schema = 1\nx = [1,2\n\n", "2: is no valid TOML: unclosed array"),
        (b"schema = 1\nx = " + b"[" * 5000 + b"]" * 5000, None),
        (b"schema = 1\nx = " + b"{a=" * 5000 + b"1" + b"}" * 5000, None),
        (b"schema = 1\nx = " + b"[" * 50 + b"]" * 50, None),
        (b"schema = 1\nx." + b"a." * 90 + b"b = 1", None),
        (b"schema = 1\nx." + b"a." * 400_000 + b"b = 1", "2: has a key of more than a hundred parts"),
        (b"schema = 1\n[x" + b'."a"' * 400 + b"]\n", "2: has a key of more than a hundred parts"),
        (b"schema = 1\n\nseed = " + b"7" * 5000, "3: holds a number with thousands of digits"),
        (b"schema = 1\nseed = 0x" + b"7" * 5000, "2: seed: is a whole number beyond 64 bits"),
        (b"schema = 1\nx = [1e999]", "2: x.0: must be a finite number, is inf"),
        (b"schema = 1\nstart = 2026-13-45T00:00:00Z", "2: is no valid TOML: "),
        (
            b"# " + b"x" * 1_000_000,
            " is too large for a scenario: 1,000,002 bytes, at most 1,000,000 are read",
        ),
        (b"\xef\xbb\xbfschema = 3\n", "1: schema: schema = 3 is newer"),
    ],
    ids=lambda value: str(value[:24]) if value else "",
)
def test_what_is_no_scenario_is_named(tmp_path: Path, content: bytes, message: str | None) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    found = problems(path)
    assert all(len(line) < 600 for line in found)
    if message is None:
        assert "nested too deeply" in found[0]
    else:
        assert len(found) == 1
        assert found[0].removeprefix(f"{path}:").startswith(message)


def test_a_byte_order_mark_of_utf_8_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.read_bytes().replace(b"\n", b"\r\n"))
    assert load(path).data == small_data()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert problem(tmp_path / "x.toml") == " there is no such file"


def test_a_directory(tmp_path: Path) -> None:
    assert problem(tmp_path) == " is a directory, not a scenario file; name a file in it"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.toml")
    assert problem(tmp_path / "x.toml") == " is no ordinary file"


def test_a_device() -> None:
    assert problem(Path("/dev/zero")) == " is no ordinary file"


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    with path.open("wb") as stream:
        stream.truncate(10**11)
    began = time.process_time()
    assert "100,000,000,000 bytes" in problem(path)
    assert time.process_time() - began < 1


def test_a_file_that_grows_is_read_no_further(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"#" * 3_000_000)
    small = os.stat(SMALL)
    monkeypatch.setattr(reading.os, "stat", lambda _: small)
    assert "is too large for a scenario: 1,000,001 bytes" in problem(path)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "x.toml"
    path.write_text(TEXT)
    monkeypatch.setattr(reading.os, "open", refuse)
    assert problem(path) == " may not be read: permission denied"


def test_a_ring_of_links(tmp_path: Path) -> None:
    (tmp_path / "x.toml").symlink_to(tmp_path / "y.toml")
    (tmp_path / "y.toml").symlink_to(tmp_path / "x.toml")
    assert problem(tmp_path / "x.toml").startswith(" cannot be read: ")


@pytest.mark.parametrize(
    "name", ["", "a\0b.toml", "x" * 5000 + ".toml", "\udcff.toml", "\x1b[31m.toml", "~", "."]
)
def test_a_name_that_no_file_has(name: str) -> None:
    for line in problems(name):
        line.encode()
        assert line.isprintable()


def test_names_from_the_file_cannot_upset_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(TEXT + '\n["\\u001b[31m"]\ntitle = 1\n[desk."a\\nb"]\n')
    assert all(line.isprintable() for line in problems(path))


# --- The error itself ---


def test_the_error_survives_a_pickle_and_its_own_args() -> None:
    error = ScenarioError([Problem("a.toml", 3, "x.y", "is wrong", "nearest: z")] * 30)
    assert str(error).splitlines()[0] == "a.toml:3: x.y: is wrong; nearest: z"
    assert str(error).splitlines()[-1] == "and 10 more"
    for other in (pickle.loads(pickle.dumps(error)), type(error)(*error.args), copy.copy(error)):
        assert str(other) == str(error)
        assert (other.problems, other.more) == (error.problems, error.more)


def test_tree_sitter_is_loaded_only_when_something_is_wrong(tmp_path: Path) -> None:
    path, _ = changed(tmp_path, "seed = 7", "sead = 7")
    code = (
        "import sys\n"
        "from gatesim.scenario import ScenarioError, load\n"
        f"load({str(SMALL)!r})\n"
        "assert 'tree_sitter' not in sys.modules\n"
        f"try:\n    load({str(path)!r})\nexcept ScenarioError:\n    print('tree_sitter' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_every_key_of_a_file_has_its_line() -> None:
    text = (
        TEXT
        + "\n[a.\"b.c\".'d']\nx.y = [ 1, # one\n  { z = 1, k = [2,\n 3] } ]\n[[orders]]\n[orders.t]\nu = 3\n"
    )
    positions, lines = Positions(text), text.splitlines()
    for path, _ in leaves(tomllib.loads(text)):
        line = positions.line(path)
        assert line is not None
        if isinstance(path[-1], str) and path[:2] != ("orders", 1):
            assert path[-1] in lines[line - 1]
    assert lines[(positions.line(("a", "b.c", "d", "x", "y", 1, "k", 1)) or 0) - 1].strip() == "3] } ]"
    assert positions.line(("orders", 1, "t", "u")) == len(lines)
    assert positions.line(("nothing",)) is None


# --- Anything at all ---


def survives(act: Callable[[], object]) -> None:
    """What is not a scenario is a ScenarioError in plain words, and nothing else."""
    try:
        act()
    except ScenarioError as error:
        text = str(error)
        assert text
        assert not any(word in text for word in JARGON), text
        assert len(text.splitlines()) <= SHOWN_PROBLEMS + 1
        text.encode()


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["", "*", "forever", "3d", "0s", "US", "open", "none", "unknown", "posterior", "<table>"]
    )
    | st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5) | st.sampled_from(["family", "US", "*"]), inner, max_size=3)
    ),
    max_leaves=6,
)
PLACES = [path[:length] for path, _ in leaves(small_data()) for length in range(1, len(path) + 1)]


def put(data: Any, path: tuple[str | int, ...], value: object) -> None:
    """Put a value at a key path, where there is still something to put it into."""
    *way, last = path
    try:
        for name in way:
            data = data[name]
        data[last] = value
    except (LookupError, TypeError):
        pass


@pytest.mark.no_cover  # others cover the same lines
@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(PLACES), ANYTHING), min_size=1, max_size=3))
def test_any_value_in_any_place_is_a_scenario_or_an_error(
    changes: list[tuple[tuple[str | int, ...], Any]],
) -> None:
    data = small_data()
    for path, value in changes:
        put(data, path, value)
    survives(lambda: build(data))


@pytest.mark.no_cover  # others cover the same lines
@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from(PLACES), st.text(max_size=6))
def test_any_new_key_in_any_place_is_a_scenario_or_an_error(path: tuple[str | int, ...], name: str) -> None:
    data = small_data()
    put(data, (*path, name), 0.5)
    survives(lambda: build(data))


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.integers(0, len(TEXT)),
    st.integers(0, 40),
    st.text(max_size=6) | st.sampled_from(list("[]{}=\"'.#\n*0")),
)
@pytest.mark.no_cover  # others cover the same lines
def test_any_cut_and_paste_is_a_scenario_or_an_error(
    tmp_path: Path, start: int, length: int, paste: str
) -> None:
    path = tmp_path / "x.toml"
    path.write_text(TEXT[:start] + paste + TEXT[start + length :], encoding="utf-8", errors="replace")
    survives(lambda: load(path))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(
        st.text(max_size=30)
        | st.builds(
            lambda path, value: ".".join(map(str, path)) + "=" + value,
            st.sampled_from(PLACES),
            st.sampled_from(
                [
                    "nan",
                    "{}",
                    "[]",
                    "0",
                    "1.0",
                    "-1",
                    "{US=1.0}",
                    "x",
                    "",
                    "true",
                    "{family='open'}",
                    "forever",
                ]
            )
            | st.text(max_size=8),
        ),
        max_size=3,
    )
)
@pytest.mark.no_cover  # others cover the same lines
def test_any_set_is_a_scenario_or_an_error(sets: list[str]) -> None:
    survives(lambda: load(SMALL, sets))


@pytest.mark.no_cover  # others cover the same lines
def test_a_number_that_is_none_never_gets_into_a_scenario() -> None:
    for path in PLACES:
        for value in (math.nan, math.inf, -math.inf):
            data = small_data()
            put(data, path, value)
            with pytest.raises(ScenarioError):
                build(data)

"""Keyed draws: published answers, the laws of the variates, and the same bits with the compiler off."""

import inspect
import itertools
import json
import math
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from gatesim.engine import fast
from gatesim.world import compiled as compiled_module
from gatesim.world import draws

ROOT = Path(__file__).resolve().parent.parent
FALSE_ALARM = 1e-6
WORD = st.integers(0, 2**32 - 1)

# Salmon et al.'s own vectors (Random123, kat_vectors): counter, key, answer.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def plain(function):
    """The Python source of a compiled function (the function itself where the compiler is off)."""
    return getattr(function, "py_func", function)


@pytest.fixture
def interpreted(monkeypatch):
    """`draws` with every compiled function replaced by its source."""
    for name, thing in list(vars(draws).items()):
        if hasattr(thing, "py_func"):
            monkeypatch.setattr(draws, name, thing.py_func)
    return draws


def words_to_uniform(w0, w1):
    return ((w0 >> 6) * 2**26 + (w1 >> 6) + 0.5) / 2**52


# --- the generator ------------------------------------------------------------------------------------------


@pytest.mark.compiled
@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_published_answers_compiled(counter, key, answer):
    assert draws.philox(*counter, *key) == answer


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_published_answers_interpreted(interpreted, counter, key, answer):
    assert interpreted.philox(*counter, *key) == answer


@pytest.mark.compiled
@given(WORD, WORD)
def test_product_of_words(a, b):
    expected = divmod(a * b, 2**32)
    assert draws.mulhilo(a, b) == expected
    assert plain(draws.mulhilo)(a, b) == expected


@given(WORD, WORD)
def test_no_intermediate_of_the_product_leaves_int64(a, b):
    # numpy scalars warn (here: fail) when they overflow; Python integers would not show it.
    high, low = plain(draws.mulhilo)(np.int64(a), np.int64(b))
    assert (int(high), int(low)) == divmod(a * b, 2**32)


@pytest.mark.compiled
def test_layout_of_key_and_counter():
    seed, replication, index, purpose = 11, 2**32 - 1, 2**63 - 5, 2**16 - 1
    person = 12345 + 200 * draws.SLOT
    counter = (index % 2**32, index >> 32, person % 2**32, (person >> 32) + (purpose << 16))
    w0, w1, _, _ = draws.philox(*counter, seed, replication)
    assert draws.uniform(seed, replication, person, purpose, index) == words_to_uniform(w0, w1)


def test_different_questions_have_different_counters(monkeypatch):
    seen = {}

    def record(*words):
        assert all(0 <= word < 2**32 for word in words)
        seen.setdefault(words, 0)
        seen[words] += 1
        return 0, 0, 0, 0

    monkeypatch.setattr(draws, "philox", record)
    edges32 = (0, 1, 2**32 - 1)
    people = (0, 1, 2**32 - 1, 2**32, 2**40 - 1, 2**40, 2**40 + 1, 2**47, 2**48 - 1)
    indices = (0, 1, 2**31, 2**32 - 1, 2**32, 2**62, 2**63 - 1)
    purposes = (0, 1, 35, 255, 256, 2**16 - 1)
    for question in itertools.product(edges32, edges32, people, purposes, indices):
        plain(draws.uniform)(*question)
    assert len(seen) == 3 * 3 * len(people) * len(purposes) * len(indices)
    assert set(seen.values()) == {1}


def test_purposes_are_numbered_once_and_for_all():
    assert len(set(draws.PURPOSES)) == len(draws.PURPOSES)
    assert [getattr(draws, name) for name in draws.PURPOSES] == list(range(len(draws.PURPOSES)))
    # Spot checks of numbers that stored results rest on.
    assert (draws.SHIFT, draws.CHECK_ERROR, draws.NEED_GAP, draws.OTHER) == (0, 13, 19, 35)
    assert draws.DRAWS_VERSION == 4


# --- uniform ------------------------------------------------------------------------------------------------


@pytest.mark.compiled
def test_uniform_is_uniform_along_every_coordinate():
    n = 4000
    streams = {
        "seed": [draws.uniform(i, 0, 0, 1, 0) for i in range(n)],
        "replication": [draws.uniform(0, i, 0, 1, 0) for i in range(n)],
        "person": [draws.uniform(0, 0, i, 1, 0) for i in range(n)],
        "co-user": [draws.uniform(0, 0, 7 + (i % 256) * draws.SLOT, i // 256, 0) for i in range(n)],
        "index": [draws.uniform(0, 0, 0, 1, i) for i in range(n)],
    }
    for name, values in streams.items():
        assert stats.kstest(values, "uniform").pvalue > FALSE_ALARM, name
        # Neighbours are not correlated.
        r = np.corrcoef(values[:-1], values[1:])[0, 1]
        assert abs(r) < 5 / math.sqrt(n), name
    for a, b in itertools.combinations(streams, 2):
        r = np.corrcoef(streams[a][1:], streams[b][1:])[0, 1]
        assert abs(r) < 5 / math.sqrt(n), (a, b)


@pytest.mark.parametrize(("word", "expected"), [(0, 2.0**-53), (2**32 - 1, 1 - 2.0**-53)])
def test_uniform_interval_is_open(monkeypatch, word, expected):
    monkeypatch.setattr(draws, "philox", lambda *_: (word, word, word, word))
    value = plain(draws.uniform)(0, 0, 0, 0, 0)
    assert value == expected
    assert 0.0 < value < 1.0


@given(WORD, WORD)
def test_uniform_is_exact(w0, w1):
    numerator = 2 * (((w0 >> 6) << 26) + (w1 >> 6)) + 1
    assert Fraction(words_to_uniform(w0, w1)) == Fraction(numerator, 2**53)


# --- the other variates -------------------------------------------------------------------------------------


@pytest.mark.compiled
def test_exponential_has_its_law_and_is_the_inverse_of_the_uniform():
    mean = 3.6e9
    times = [draws.exponential_us(5, 0, i, draws.NEED_GAP, 3, mean) for i in range(4000)]
    assert stats.kstest(times, "expon", args=(0, mean)).pvalue > FALSE_ALARM
    for i in range(50):
        u = draws.uniform(5, 0, i, draws.NEED_GAP, 3)
        assert abs(times[i] - -mean * math.log(u)) <= 0.5 + 1e-5
        assert isinstance(times[i], int)


@pytest.mark.compiled
def test_minus_log_is_within_two_units_in_the_last_place():
    rng = np.random.default_rng(3)
    root = math.sqrt(0.5)
    edges = [0.5, root, math.nextafter(root, 0), math.nextafter(root, 1), 2.0**-53, 1 - 2.0**-53]
    for u in [*edges, *(2.0 ** -np.arange(1, 53)), *(1 - 2.0 ** -np.arange(2, 53)), *rng.random(3000)]:
        true = -math.log(u)
        assert abs(draws.minus_log(u) - true) <= 2 * math.ulp(true), u


def blocks(people, purpose, indices):
    """Questions, as functions that draw many at once take them."""
    who = np.array(people, dtype=np.uint64)
    what = (who >> np.uint64(32)) + np.uint64(purpose << 16)
    return np.array(indices, dtype=np.uint64), who & np.uint64(2**32 - 1), what


@pytest.mark.compiled
@pytest.mark.parametrize("count", [1, 7, 40])
def test_many_at_once_are_the_same_as_one_by_one(count):
    people = [(17, 2**39 + 5 + 3 * draws.SLOT, 2**33 + 9)[i % 3] + i for i in range(count)]
    numbers = [1000 * i for i in range(count)]
    out = np.zeros(count)
    draws.many_uniforms(7, 3, count, *blocks(people, draws.CARD, numbers), out, out.view(np.uint64), 0)
    assert out.tolist() == [
        draws.uniform(7, 3, p, draws.CARD, i) for p, i in zip(people, numbers, strict=True)
    ]

    words = np.zeros(4 * count, dtype=np.uint32)
    draws.words_in_a_row(7, 3, people[-1], draws.GIVES_UP, 900, words)
    row = range(900, 900 + 4 * count)
    assert ((words + 0.5) / 2**32).tolist() == [
        draws.need_word(7, 3, people[-1], draws.GIVES_UP, need, 0) for need in row
    ]

    gaps = np.zeros(4 * count)
    draws.many_gaps(7, 3, count, *blocks(people, draws.NEED_GAP, numbers), gaps, words)
    index = [256 * i + 5 for i in numbers]
    draws.many_words(7, 3, count, *blocks(people, draws.VPN_ON, index), words)
    for j, (person, number) in enumerate(zip(people, numbers, strict=True)):
        for word in range(4):
            assert gaps[4 * j + word] == draws.need_gap(7, 3, person, 4 * number + word)
        for word in range(4):
            u = draws.need_word(7, 3, person, draws.VPN_ON, 4 * number + word, 5)
            assert (int(words[4 * j + word]) + 0.5) / 2**32 == u


def test_words_below_a_probability_are_those_whose_numbers_are():
    rng = np.random.default_rng(5)
    tenth, half_step = 0.1, 2.0**-33
    at_words = (np.array([0, 1, 2, 2**31, 2**32 - 1]) + 0.5) / 2**32
    near = [np.nextafter(at_words, 0), at_words, np.nextafter(at_words, 1)]
    tiny = [0.0, 1e-300, 1e-20, half_step / 2, 1.0, 1 - 2.0**-53, tenth, 1 / 3]
    for p in np.concatenate([tiny, *near, rng.random(500), rng.random(500) * 1e-9]):
        below = int(draws.words_below(np.array([p]))[0])
        assert below == 0 or (below - 1 + 0.5) / 2**32 < p
        assert below == 2**32 or (below + 0.5) / 2**32 >= p


@pytest.mark.compiled
def test_the_gap_of_a_word_is_the_logarithm_of_its_number():
    rng = np.random.default_rng(6)
    half = 2**31
    edges = [0, 1, 2, 3, half - 1, half, 2**32 - 3, 2**32 - 2, 2**32 - 1]
    root = [int(2.0**32 / np.sqrt(2.0)) // 2**k + i for k in range(4) for i in (-1, 0, 1)]
    for word in edges + root + [2**k for k in range(32)] + rng.integers(0, 2**32, 300).tolist():
        # Near 1 the number is told by what it lacks.
        lacks = (2**32 - word - 0.5) / 2**32
        true = -np.log1p(-lacks) if word >= half else -np.log((word + 0.5) / 2**32)
        assert abs(draws.gap_of(word) / true - 1) < 2e-12
    assert draws.gap_of(2**32 - 1) == pytest.approx(2.0**-33, rel=1e-9)
    assert draws.gap_of(0) == pytest.approx(33 * np.log(2.0), rel=1e-12)


def test_gaps_have_the_exponential_law():
    gaps = np.sort([draws.need_gap(8, 0, person, need) for person in range(20_000) for need in range(5)])
    levels = -np.expm1(-gaps)
    steps = np.arange(len(gaps) + 1) / len(gaps)
    distance = max(np.max(levels - steps[:-1]), np.max(steps[1:] - levels))
    # Kolmogorov's law: a distance of more than t / sqrt(n) has a probability of at most 2 exp(-2 t^2), at t = 2.7 of
    # 1e-6.
    assert distance < 2.7 / np.sqrt(len(gaps))
    # A middle of each of 2**20 equal parts of the words: what the mean of all words lacks, and more.
    words = np.arange(2**20) * 2**12 + 2**11
    assert np.mean([draws.gap_of(int(word)) for word in words]) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.compiled
def test_needs_share_blocks_as_documented():
    for need in range(9):
        w = draws.philox(need // 4, 0, 11, (2 << 8) + (draws.NEED_GAP << 16), 7, 3)
        assert draws.need_gap(7, 3, 11 + 2 * draws.SLOT, need) == draws.gap_of(w[need % 4])
        w = draws.philox(256 * (need // 4) + 6, 0, 11, draws.NEED_MODEL << 16, 7, 3)
        assert draws.need_word(7, 3, 11, draws.NEED_MODEL, need, 6) == (w[need % 4] + 0.5) / 2**32


@pytest.mark.compiled
def test_exponential_is_capped_and_never_negative():
    assert draws.exponential_us(1, 0, 1, 19, 0, math.inf) == draws.NEVER == 2**62
    assert draws.exponential_us(1, 0, 1, 19, 0, 1e300) == draws.NEVER
    assert draws.exponential_us(1, 0, 1, 19, 0, 0.0) == 0
    assert all(0 <= draws.exponential_us(1, 0, i, 19, 0, 2.0**61) <= draws.NEVER for i in range(500))


@pytest.mark.parametrize("word", [0, 2**32 - 1])
def test_exponential_at_the_ends_of_the_uniform(monkeypatch, word):
    monkeypatch.setattr(draws, "uniform", lambda *_: words_to_uniform(word, word))
    exponential = plain(draws.exponential_us)
    assert exponential(0, 0, 0, 0, 0, math.inf) == draws.NEVER
    assert exponential(0, 0, 0, 0, 0, 1e6) == (36_736_801 if word == 0 else 0)


@pytest.mark.compiled
def test_bernoulli():
    n, p = 5000, 0.03
    hits = sum(draws.bernoulli(9, 1, i, draws.GIVES_UP, 0, p) for i in range(n))
    assert stats.binomtest(hits, n, p).pvalue > FALSE_ALARM
    for i in range(300):
        assert not draws.bernoulli(9, 1, i, 14, 0, 0.0)
        assert draws.bernoulli(9, 1, i, 14, 0, 1.0)
        # The event of a smaller probability is part of the event of a larger one.
        assert draws.bernoulli(9, 1, i, 14, 0, 0.2) <= draws.bernoulli(9, 1, i, 14, 0, 0.3)


@pytest.mark.compiled
def test_categorical_has_its_law():
    weights = np.array([0.0, 0.5, 0.0, 0.3, 0.15, 0.05, 0.0])
    cumulative = np.cumsum(weights)
    picks = [draws.categorical(3, 0, i, draws.TRIP_TO, 2, cumulative) for i in range(5000)]
    counts = np.bincount(picks, minlength=weights.size)
    assert counts[weights == 0].sum() == 0
    assert stats.chisquare(counts[weights > 0], 5000 * weights[weights > 0]).pvalue > FALSE_ALARM
    for i in range(100):
        u = draws.uniform(3, 0, i, draws.TRIP_TO, 2)
        assert picks[i] == draws.pick(u, cumulative) == np.searchsorted(cumulative, u, side="right")


@pytest.mark.compiled
@given(
    st.lists(st.one_of(st.just(0.0), st.floats(1e-12, 1.0)), min_size=1, max_size=12).filter(any),
    st.floats(0.0, 1.0, exclude_max=True),
)
def test_pick_never_gives_an_impossible_entry(weights, u):
    cumulative = np.cumsum(np.array(weights) / math.fsum(weights))
    for value in (u, 0.0, 1 - 2.0**-53):
        chosen = draws.pick(value, cumulative)
        assert chosen == plain(draws.pick)(value, cumulative)
        assert weights[chosen] > 0
        assert chosen == 0 or value >= cumulative[chosen - 1]


@pytest.mark.compiled
def test_pick_at_the_end_despite_rounding():
    assert draws.pick(1 - 2.0**-53, np.array([0.4, 0.999, 0.999])) == 1
    assert draws.pick(0.0, np.array([0.0, 0.0, 1.0])) == 2
    assert draws.pick(0.4, np.array([0.4, 1.0])) == 1


@pytest.mark.compiled
@pytest.mark.parametrize("empty", [[], [0.0], [0.0, 0.0]])
def test_pick_refuses_a_distribution_without_probability(empty):
    cumulative = np.array(empty, dtype=np.float64)
    with pytest.raises(ValueError, match="no positive entry"):
        draws.pick(0.5, cumulative)
    with pytest.raises(ValueError, match="no positive entry"):
        draws.categorical(0, 0, 0, 0, 0, cumulative)


@pytest.mark.compiled
def test_pick_takes_arrays_that_must_not_be_written():
    cumulative = np.array([0.5, 1.0])
    cumulative.flags.writeable = False
    assert draws.pick(0.7, cumulative) == 1
    assert draws.pick(0.7, np.array([[0.1, 0.2], [0.8, 1.0]])[1]) == 0


# --- stratified ---------------------------------------------------------------------------------------------


@pytest.mark.compiled
def test_radical_inverse():
    assert [draws.radical_inverse(i) for i in range(8)] == [
        0,
        1 / 2,
        1 / 4,
        3 / 4,
        1 / 8,
        5 / 8,
        3 / 8,
        7 / 8,
    ]
    assert draws.radical_inverse(2**52) == 2.0**-53
    assert draws.radical_inverse(2**53 - 1) == draws.radical_inverse(2**63 - 1) == 1 - 2.0**-53


@pytest.mark.compiled
def test_stratified_points_are_even_and_depend_on_the_key_only_by_a_shift():
    n = 1000
    for seed, replication in ((0, 0), (1, 0), (1, 1)):
        shift = draws.uniform(seed, replication, 0, draws.SHIFT, 0)
        points = [draws.stratified(seed, replication, i) for i in range(n)]
        assert min(points) >= 0
        assert max(points) < 1
        assert points == pytest.approx([(draws.radical_inverse(i) + shift) % 1 for i in range(n)], abs=1e-15)
        # Star discrepancy of n shifted points is at most about 2 (log2 n + 1) / n: far below chance.
        assert stats.kstest(points, "uniform").statistic < 2 * (math.log2(n) + 1) / n
    # Each single point is uniform over the seeds.
    first = [draws.stratified(seed, 0, 17) for seed in range(3000)]
    assert stats.kstest(first, "uniform").pvalue > FALSE_ALARM


# --- keys ---------------------------------------------------------------------------------------------------


def test_keys_are_checked():
    assert draws.check_key(0) == (0, 0)
    assert draws.check_key(np.int64(7), np.uint32(2**32 - 1)) == (7, 2**32 - 1)
    for bad in (-1, 2**32, 1.0, "1", None):
        with pytest.raises(ValueError, match="seed must be"):
            draws.check_key(bad)
        with pytest.raises(ValueError, match="replication must be"):
            draws.check_key(0, bad)


# --- the compiler, on and off -------------------------------------------------------------------------------


def answers():
    """A sample of all draws, as text that keeps every bit."""
    from gatesim.world import draws as d

    cumulative = np.array([0.1, 0.1, 0.7, 0.95])
    out = [list(map(int, d.philox(1, 2, 3, 4, 5, 6))), list(map(int, d.mulhilo(2**32 - 1, 2**32 - 1)))]
    for i in range(300):
        key = (i * 7919 % 2**32, i % 5, i * 123_456_789_123 % 2**48, i % 36, i * 10**16)
        out.append(
            [
                d.uniform(*key).hex(),
                int(d.exponential_us(*key, 10.0 ** (i % 22))),
                bool(d.bernoulli(*key, 0.5)),
                int(d.categorical(*key, cumulative)),
                float(d.radical_inverse(i * 10**16)).hex(),
                d.stratified(i, 0, i * 31).hex(),
            ]
        )
    return out


@pytest.mark.compiled
@pytest.mark.parametrize("off", ["0", "1"])
def test_same_bits_with_the_compiler_on_and_off(off):
    code = (
        "import json, numpy as np\n"
        + inspect.getsource(answers)
        + "from gatesim.world import draws\n"
        + "print(json.dumps([hasattr(draws.philox, 'py_func'), answers()]))\n"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": off, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    is_compiled, there = json.loads(ran.stdout)
    assert is_compiled == (off == "0")
    assert there == answers()


# --- the cache of machine code ------------------------------------------------------------------------------


def make_package(folder):
    files = {
        "__init__.py": "",
        "world/__init__.py": "",
        "world/compiled.py": "",
        "world/loops.py": (
            "from gatesim.world.compiled import compiled\nfrom . import codes\nimport gatesim.more as m\n"
        ),
        "world/codes.py": "from ..law.status import (  # a comment\n    CITIZEN,\n)\n",
        "law/status.py": "CITIZEN = 1\n",
        "more.py": "",
        "cli.py": "from gatesim.world import loops\n",
    }
    for name, text in files.items():
        path = folder / "gatesim" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "gatesim"


def test_cache_is_named_by_all_that_compiled_code_rests_on(tmp_path):
    package = make_package(tmp_path)
    before = compiled_module.source_hash(package)
    assert before == compiled_module.source_hash(package)
    for name in ("world/loops.py", "world/codes.py", "law/status.py", "more.py", "world/compiled.py"):
        path = package / name
        path.write_text(path.read_text(encoding="utf-8") + "X = 2\n", encoding="utf-8")
        after = compiled_module.source_hash(package)
        assert after != before, name
        before = after
    (package / "cli.py").write_text("from gatesim.world import loops, codes\n", encoding="utf-8")
    (package / "new.py").write_text("X = 1\n", encoding="utf-8")
    assert compiled_module.source_hash(package) == before


@pytest.mark.parametrize("what", ["tally", "ledger"])
def test_a_cache_that_the_user_chose_is_looked_into(what, tmp_path, monkeypatch):
    monkeypatch.setattr(compiled_module._config, "CACHE_DIR", str(tmp_path))
    if not hasattr(fast._live, "py_func"):
        return  # with the compiler off nothing is left to compile
    assert not fast.is_compiled(what)
    last = {"tally": "_live", "ledger": "_decide_rows"}[what]
    (tmp_path / "engine_1").mkdir()
    (
        tmp_path / "engine_1" / f"fast.{last}-{getattr(fast, last).py_func.__code__.co_firstlineno}.py311.nbi"
    ).touch()
    assert fast.is_compiled(what)


def test_cache_lies_in_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = compiled_module.cache_folder()
    assert folder == tmp_path / "gatesim" / "numba" / compiled_module.source_hash()
    assert folder.is_dir()


def test_cache_falls_back_to_a_private_temporary_folder(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setattr(compiled_module.tempfile, "tempdir", str(tmp_path))
    folder = compiled_module.cache_folder()
    assert folder is not None
    assert folder.is_dir()
    assert tmp_path in folder.parents
    if sys.platform != "win32":
        assert folder.parent.stat().st_mode & 0o077 == 0
        # A folder that others may write to is not trusted with code.
        folder.parent.chmod(0o777)
        other = compiled_module.cache_folder()
        assert other is not None
        assert other.parent == tmp_path
        assert other.stat().st_mode & 0o077 == 0


@pytest.mark.compiled
def test_decorator_leaves_numbas_settings_alone_and_survives_a_broken_cache(tmp_path, monkeypatch):
    import numba

    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    before = numba.config.CACHE_DIR
    monkeypatch.setattr(compiled_module, "_FOLDER", str(blocked))

    @compiled_module.compiled("int64(int64)")
    def twice(x):
        return 2 * x

    @compiled_module.compiled
    def thrice(x):
        return 3 * x

    assert (twice(4), thrice(4)) == (8, 12)
    unchanged = before == numba.config.CACHE_DIR
    assert unchanged
    assert not list(Path(__file__).parent.glob("__pycache__/*.nbi"))


def test_what_is_drawn_for_a_need_is_independent() -> None:
    def words(person, need):
        asked = (
            (draws.VPN_ON, 0),
            (draws.NEED_MODEL, 0),
            (draws.READING_SESSION, 0),
            (draws.READING_SESSION, 1),
        )
        return [draws.need_word(7, 0, person, purpose, need, question) for purpose, question in asked]

    block = np.array(
        [
            [np.exp(-draws.need_gap(7, 0, i, n)) for n in (2, 3)] + words(i, 3) + words(i, 2)
            for i in range(20_000)
        ]
    )
    # 20,000 uniform numbers: a mean is off by 6 standard errors with a probability of 2e-9.
    assert np.all(np.abs(block.mean(axis=0) - 0.5) < 6 / np.sqrt(12 * len(block)))
    assert np.all(np.abs(np.corrcoef(block.T) - np.eye(block.shape[1])) < 6 / np.sqrt(len(block)))
    assert block.min() > 0
    assert block.max() < 1

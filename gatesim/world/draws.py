"""Keyed random draws: a number is looked up, never consumed.

A draw is a pure function of (seed, replication, person, purpose, index). Whoever asks, in whatever order,
on however many workers, and under whichever policy, gets the same number for the same question.

The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC 2011). Its 64-bit key and 128-bit counter are filled like this::

    key     = (seed, replication)                        each in [0, 2**32)
    counter = (index % 2**32, index // 2**32,            index in [0, 2**63)
               person % 2**32,
               person // 2**32 + purpose * 2**16)        person in [0, 2**48), purpose in [0, 2**16)

so that different questions never share a block. The owner of account ``a`` is person ``a``; the co-user in
slot ``b`` >= 1 of that account is person ``a + b * SLOT``.

All integer arithmetic stays within int64, with masked products, so the same source gives the same bits
compiled and (``NUMBA_DISABLE_JIT=1``) as plain Python. Logarithms are sums and products (`minus_log`) in both. Compiled
functions do not check ranges: `check_key` does so once for the key; the rest is the caller's contract.
"""

from __future__ import annotations

import math
import operator
from typing import Final, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from gatesim.world.compiled import compiled

DRAWS_VERSION: Final = 4
"""Changes whenever any draw would come out differently; stored with every run."""

SLOT: Final = 2**40
"""Person number of a co-user: account + slot * SLOT. At most 2**40 accounts and 255 co-user slots."""

NEVER: Final = 2**62
"""Cap of a drawn time in microseconds (146,000 years): adding two of them still fits into int64."""

# What a draw is for. These numbers are part of every stored result: once released, a number never changes
# its meaning and is never used again. A new purpose takes a free number; so does a changed meaning, and then
# DRAWS_VERSION goes up. "once" below means index 0.
SHIFT: Final = 0  # the one uniform of (seed, replication); person 0, index 0
SEGMENT: Final = 1  # which segment (spare: `stratified` uses SHIFT)
ACTIVITY: Final = 2  # how much a person uses the service, once
VPN_USER: Final = 3  # has a VPN at all, once
VPN_EXIT: Final = 4  # where it comes out
CARD: Final = 5  # where the card was issued
DECLARED: Final = 6  # what the form says
ORGANISATION: Final = 7  # which organisation
COUSER_PRESENT: Final = 8  # whether the account has the co-user of this slot
HOLDS_DOCUMENT: Final = 9  # index: kind of document
FORGES: Final = 10  # presents a forged document
BORROWS: Final = 11  # presents somebody else's
NEVER_ANSWERS: Final = 12  # leaves every request unanswered
CHECK_ERROR: Final = 13  # false reject or accept of the checker, once for person and document
GIVES_UP: Final = 14  # gives up at the request at this need; `need_word`
TO_DESK: Final = 15  # the automatic part hands the case to the desk
PATIENCE: Final = 16  # how long somebody waits
SERVICE: Final = 17  # how long a review takes
WAIT_TABLE: Final = 18  # the level in the table of waits
NEED_GAP: Final = 19  # time to the next need; `need_gap`
NEED_MODEL: Final = 20  # which model; `need_word`
VPN_ON: Final = 21  # whether the VPN is on; `need_word`
TRIP_START: Final = 22  # away or at home at the start (the stationary law)
TRIP_GAP: Final = 23  # time at home before the next trip
TRIP_LENGTH: Final = 24  # how long a trip lasts
TRIP_TO: Final = 25  # where it goes
READING_ACCOUNT: Final = 26  # errors of signals that are read once an account
READING_PLACE: Final = 27  # ... once a place
READING_SESSION: Final = 28  # ... anew each session; `need_word`
CAUSE: Final = 29  # a cause that signals share
NETWORK: Final = 30  # which network, and draws that people on one network share
LEAVE: Final = 31  # reaction: leaves, for a while or for good
FALL_BACK: Final = 32  # reaction: takes the older model
RETURN: Final = 33  # reaction: comes back, and when
ORDER_END: Final = 34  # when an order ends, where that is a distribution
OTHER: Final = 35  # plug-ins
LICENCE: Final = 36  # a licence: when it is decided, and whether it is granted
LICENCE_DESK: Final = 37  # the government's desk: when others apply, and how long each application takes

PURPOSES: Final = (
    "SHIFT", "SEGMENT", "ACTIVITY", "VPN_USER", "VPN_EXIT", "CARD", "DECLARED", "ORGANISATION",
    "COUSER_PRESENT", "HOLDS_DOCUMENT", "FORGES", "BORROWS", "NEVER_ANSWERS", "CHECK_ERROR", "GIVES_UP",
    "TO_DESK", "PATIENCE", "SERVICE", "WAIT_TABLE", "NEED_GAP", "NEED_MODEL", "VPN_ON", "TRIP_START",
    "TRIP_GAP", "TRIP_LENGTH", "TRIP_TO", "READING_ACCOUNT", "READING_PLACE", "READING_SESSION", "CAUSE",
    "NETWORK", "LEAVE", "FALL_BACK", "RETURN", "ORDER_END", "OTHER",
    "LICENCE", "LICENCE_DESK",
)  # fmt: skip
"""Names of the purposes; ``PURPOSES[n]`` is the name of purpose ``n``."""

_MASK16: Final = 0xFFFF
_MASK32: Final = 0xFFFFFFFF
# Multipliers and key increments of Philox4x32 (Salmon et al. 2011, section 3.3 and their code).
_MULTIPLY_0: Final = 0xD2511F53
_MULTIPLY_1: Final = 0xCD9E8D57
_BUMP_0: Final = 0x9E3779B9
_BUMP_1: Final = 0xBB67AE85

# log 2 in two parts: products of the first with a power of two of a double have no rounding error.
_LOG_2_HIGH: Final = float.fromhex("0x1.62e42feep-1")
_LOG_2_LOW: Final = float.fromhex("0x1.a39ef35793c76p-33")
_ROOT_OF_HALF: Final = math.sqrt(0.5)
_FRACTION: Final = np.uint64(2**52 - 1)
_FRACTION_OF_ROOT: Final = np.uint64(int(math.sqrt(2.0) * 2**52) & (2**52 - 1))
"""Binary digits of a double after the first: of any, and of the square root of 2."""

_BITS_OF_ONE: Final = np.uint64(1023 << 52)
_HALF_STEP: Final = 2.0**-53
# A small whole number p, added to the digits of 1.5 * 2**52 less 1023, makes those of 1.5 * 2**52 + p - 1023.
_POWERS: Final = 1.5 * 2.0**52
_BITS_OF_POWERS: Final = np.uint64(((1023 + 52) << 52) + 2**51 - 1023)

_POWERS_OF_WORDS: Final = _POWERS + 32.0
# A word, written into the last digits of 2**52.
_BITS_OF_WORD: Final = np.uint64((1023 + 52) << 52)
_LESS_HALF: Final = 2.0**52 - 0.5
_MINUS_LOG_2: Final = -math.log(2.0)

_U_MULTIPLY_0: Final = np.uint64(_MULTIPLY_0)
_U_MULTIPLY_1: Final = np.uint64(_MULTIPLY_1)
_U_BUMP_0: Final = np.uint64(_BUMP_0)
_U_BUMP_1: Final = np.uint64(_BUMP_1)
_U_MASK32: Final = np.uint64(_MASK32)
_U32: Final = np.uint64(32)
_U26: Final = np.uint64(26)
_U6: Final = np.uint64(6)
_U52: Final = np.uint64(52)
_U1023: Final = np.uint64(1023)
_U0: Final = np.uint64(0)
_U1: Final = np.uint64(1)

Word = np.uint64
Words = NDArray[np.uint64]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NEVER_FLOAT: Final = float(NEVER)
_MASK53: Final = 2**53 - 1
_MIRRORED_BYTE: Final = np.array([int(f"{byte:08b}"[::-1], 2) / 256.0 for byte in range(256)])

# A read-only array type accepts writeable arrays too; the other way round numba refuses.
_FLOATS: Final = 'Array(float64, 1, "C", readonly=True)'
_KEYED: Final = "int64, int64, int64, int64, int64"


def check_key(seed: SupportsIndex, replication: SupportsIndex = 0) -> tuple[int, int]:
    """Check the two halves of the generator's key, once for a run.

    Parameters
    ----------
    seed, replication
        Whole numbers in [0, 2**32).

    Returns
    -------
    tuple of int
        The same as plain integers.

    Raises
    ------
    ValueError
        If one is no whole number or out of range.
    """
    checked = []
    for name, value in (("seed", seed), ("replication", replication)):
        try:
            number = operator.index(value)
        except TypeError:
            raise ValueError(f"{name} must be a whole number, not {value!r}") from None
        if not 0 <= number <= _MASK32:
            raise ValueError(f"{name} must be at least 0 and below 2**32 = 4294967296, not {number}")
        checked.append(number)
    return checked[0], checked[1]


@compiled("UniTuple(int64, 2)(int64, int64)")
def mulhilo(a: int, b: int) -> tuple[int, int]:
    """Upper and lower 32 bits of the product of two 32-bit numbers.

    Parameters
    ----------
    a, b
        In [0, 2**32).

    Returns
    -------
    tuple of int
        ``(a * b >> 32, a * b % 2**32)``.
    """
    # The product can reach 2**64, and numba promises LLVM that signed products never overflow, so letting it
    # wrap around is no option. With 2**32 taken off a factor of 2**31 or more, the product stays within
    # +-2**63; what was taken off comes back as b in the upper half. Shifts of negative numbers round down.
    # (Twice as fast as multiplying halves of 16 bits.)
    top = a >> 31
    product = (a - (top << 32)) * b
    return (product >> 32) + top * b, product & _MASK32


@compiled("UniTuple(int64, 4)(int64, int64, int64, int64, int64, int64)")
def philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """One block of Philox4x32-10 (Salmon et al. 2011).

    Parameters
    ----------
    c0, c1, c2, c3
        Counter words in [0, 2**32).
    k0, k1
        Key words in [0, 2**32).

    Returns
    -------
    tuple of int
        Four random words in [0, 2**32).
    """
    for _ in range(10):
        high_0, low_0 = mulhilo(_MULTIPLY_0, c0)
        high_1, low_1 = mulhilo(_MULTIPLY_1, c2)
        c0, c1, c2, c3 = high_1 ^ c1 ^ k0, low_1, high_0 ^ c3 ^ k1, low_0
        k0 = (k0 + _BUMP_0) & _MASK32
        k1 = (k1 + _BUMP_1) & _MASK32
    return c0, c1, c2, c3


@compiled(f"float64({_KEYED})")
def uniform(seed: int, replication: int, person: int, purpose: int, index: int) -> float:
    """A uniform number in the open interval (0, 1).

    Parameters
    ----------
    seed, replication
        Key, each in [0, 2**32); see `check_key`.
    person
        In [0, 2**48).
    purpose
        One of the constants of this module (in [0, 2**16)).
    index
        In [0, 2**63): the number of the need, document, trip, never a count of outcomes.

    Returns
    -------
    float
        One of 2**52 equally spaced midpoints, from 2**-53 to 1 - 2**-53: neither 0 nor 1, both exact.
    """
    w0, w1, _, _ = philox(
        index & _MASK32,
        index >> 32,
        person & _MASK32,
        ((person >> 32) & _MASK16) | (purpose << 16),
        seed,
        replication,
    )
    return (((w0 >> 6) << 26) + (w1 >> 6) + 0.5) / 4503599627370496.0  # 2**52


@compiled("float64(int64, int64, int64, int64, int64, int64)")
def need_word(seed: int, replication: int, person: int, purpose: int, need: int, question: int) -> float:
    """A uniform number of a need, of one word: four needs in a row share a block.

    Parameters
    ----------
    seed, replication, person, purpose
        As in `uniform`.
    need
        Number of the need, below 2**26.
    question
        In [0, 256): tells apart several that have the same purpose.

    Returns
    -------
    float
        In (0, 1), with 32 bits: word ``need % 4`` of block ``256 * (need // 4) + question``.
    """
    w0, w1, w2, w3 = philox(
        256 * (need >> 2) + question,
        0,
        person & _MASK32,
        ((person >> 32) & _MASK16) | (purpose << 16),
        seed,
        replication,
    )
    place = need & 3
    word = w0 if place == 0 else w1 if place == 1 else w2 if place == 2 else w3
    return (word + 0.5) / 4294967296.0


@compiled("UniTuple(uint64, 4)(uint64, uint64, uint64, uint64, uint64, uint64)", forceinline=True)
def _philox_unsigned(
    c0: Word, c1: Word, c2: Word, c3: Word, k0: Word, k1: Word
) -> tuple[Word, Word, Word, Word]:
    """`philox` on unsigned words: in a loop the compiler makes vector instructions of it.

    What stands above the 32 bits of a word is left there until the end: multiplying vectors looks at the words only.
    """
    for _ in range(10):
        product_0, product_1 = _U_MULTIPLY_0 * (c0 & _U_MASK32), _U_MULTIPLY_1 * (c2 & _U_MASK32)
        c0, c2 = (product_1 >> _U32) ^ c1 ^ k0, (product_0 >> _U32) ^ c3 ^ k1
        c1, c3 = product_1, product_0
        k0, k1 = k0 + _U_BUMP_0, k1 + _U_BUMP_1
    return c0 & _U_MASK32, c1 & _U_MASK32, c2 & _U_MASK32, c3 & _U_MASK32


@compiled(
    "void(int64, int64, int64, uint64[::1], uint64[::1], uint64[::1], float64[::1], uint64[::1], int64)",
    _nrt=False,
)
def many_uniforms(
    seed: int,
    replication: int,
    count: int,
    index: Words,
    person: Words,
    what: Words,
    out: Floats,
    bits: Words,
    high: int,
) -> None:
    """Uniform numbers for many questions at once: the same as `uniform` gives one by one.

    Parameters
    ----------
    seed, replication
        As in `uniform`.
    count
        How many questions.
    index, person, what
        uint64[question]: the index's lower 32 bits; the person's lower 32 bits; the person's upper 16 bits plus
        ``purpose * 2**16``.
    out
        float64[question]: filled.
    bits
        uint64[question]: the same memory as ``out``.
    high
        The upper 32 bits of every index.
    """
    # Unsigned throughout: products of 32-bit numbers fit. The digits are written straight into a double of [1, 2).
    k0, k1, above = np.uint64(seed), np.uint64(replication), np.uint64(high)
    for j in range(count):
        w0, w1, _, _ = _philox_unsigned(index[j], above, person[j], what[j], k0, k1)
        bits[j] = (((w0 >> _U6) << _U26) + (w1 >> _U6)) | _BITS_OF_ONE
    for j in range(count):
        out[j] = (out[j] - 1.0) + _HALF_STEP


@compiled("void(int64, int64, int64, uint64[::1], uint64[::1], uint64[::1], uint32[::1])", _nrt=False)
def many_words(
    seed: int,
    replication: int,
    count: int,
    index: Words,
    person: Words,
    what: Words,
    out: NDArray[np.uint32],
) -> None:
    """All four words of many blocks: those of which `need_word` makes uniform numbers.

    Parameters
    ----------
    seed, replication, count, index, person, what
        As in `many_uniforms`.
    out
        uint32[4 * question + word]: filled.
    """
    k0, k1, none = np.uint64(seed), np.uint64(replication), np.uint64(0)
    for j in range(count):
        w0, w1, w2, w3 = _philox_unsigned(index[j], none, person[j], what[j], k0, k1)
        at = np.uint64(4 * j)
        out[at] = w0
        out[at + np.uint64(1)] = w1
        out[at + np.uint64(2)] = w2
        out[at + np.uint64(3)] = w3


@compiled("void(int64, int64, int64, int64, int64, uint32[::1])", _nrt=False)
def words_in_a_row(
    seed: int, replication: int, person: int, purpose: int, need: int, out: NDArray[np.uint32]
) -> None:
    """The words of `need_word` for needs in a row and question 0: some cost little more than one.

    Parameters
    ----------
    seed, replication, person, purpose
        As in `uniform`.
    need
        Number of the first need, a multiple of 4.
    out
        uint32[need]: filled; as many as four times a whole number.
    """
    k0, k1, none = np.uint64(seed), np.uint64(replication), np.uint64(0)
    low, what = np.uint64(person & _MASK32), np.uint64(((person >> 32) & _MASK16) | (purpose << 16))
    for j in range(len(out) >> 2):
        w0, w1, w2, w3 = _philox_unsigned(np.uint64(64 * need + 256 * j), none, low, what, k0, k1)
        at = np.uint64(4 * j)
        out[at] = w0
        out[at + np.uint64(1)] = w1
        out[at + np.uint64(2)] = w2
        out[at + np.uint64(3)] = w3


def words_below(probabilities: Floats) -> Ints:
    """How many words stand for uniform numbers below each probability.

    Parameters
    ----------
    probabilities
        Any shape, in [0, 1].

    Returns
    -------
    ndarray of int64
        The same shape: t such that ``word < t`` just where the number that `need_word` makes of the word,
        ``(word + 1/2) / 2**32``, is below the probability.
    """
    # Exact: a product with a power of two, and a difference that needs no more digits than its first term.
    found: Ints = np.maximum(np.ceil(probabilities * 4294967296.0 - 0.5), 0.0).astype(np.int64)
    return found


# Division as in numpy: a look at the divisor (never zero) would keep the compiler from vectors.
@compiled("float64(float64, float64)", forceinline=True, error_model="numpy")
def _minus_log_of(x: float, power: float) -> float:
    """-log(x 2^power) for x in (sqrt(1/2), sqrt(2)].

    With s = (x - 1) / (x + 1), log x = 2 (s + s^3/3 + s^5/5 + ...); |s| <= 0.172, so what follows the eleventh
    power of s^2 is below 1e-17. Written, like fdlibm's, as f - (f^2/2 - s (f^2/2 + R)) with f = x - 1, so that
    little is lost where x is near 1. Nothing but sums and products: compiled, vectors or not, the bits are the same.
    """
    f = x - 1.0
    s = f / (2.0 + f)
    z = s * s
    r = 2.0 / 23.0
    r = r * z + 2.0 / 21.0
    r = r * z + 2.0 / 19.0
    r = r * z + 2.0 / 17.0
    r = r * z + 2.0 / 15.0
    r = r * z + 2.0 / 13.0
    r = r * z + 2.0 / 11.0
    r = r * z + 2.0 / 9.0
    r = r * z + 2.0 / 7.0
    r = r * z + 2.0 / 5.0
    r = r * z + 2.0 / 3.0
    half = 0.5 * f * f
    return ((half - (s * (half + r * z) + power * _LOG_2_LOW)) - f) - power * _LOG_2_HIGH


@compiled("float64(float64, float64)", forceinline=True, error_model="numpy")
def _minus_log_of_word(x: float, power: float) -> float:
    """`_minus_log_of` for numbers of one word, which need no more than 2e-12: the series ends with the sixth power.

    What follows it is below 5e-13. Nothing but sums and products: compiled, vectors or not, the bits are the same.
    """
    f = x - 1.0
    s = f / (2.0 + f)
    z = s * s
    r = 2.0 / 13.0
    r = r * z + 2.0 / 11.0
    r = r * z + 2.0 / 9.0
    r = r * z + 2.0 / 7.0
    r = r * z + 2.0 / 5.0
    r = r * z + 2.0 / 3.0
    r = r * z + 2.0
    return power * _MINUS_LOG_2 - s * r


@compiled(
    "void(int64, int64, int64, uint64[::1], uint64[::1], uint64[::1], float64[::1], uint32[::1])",
    _nrt=False,
    error_model="numpy",
)
def many_gaps(
    seed: int,
    replication: int,
    count: int,
    index: Words,
    person: Words,
    what: Words,
    out: Floats,
    words: NDArray[np.uint32],
) -> None:
    """`need_gap` for four needs a block: the bits are the same.

    Parameters
    ----------
    seed, replication, count, index, person, what
        As in `many_uniforms`; the index is ``need // 4``.
    out
        float64[4 * question + need % 4]: filled.
    words
        uint32[4 * question]: room to work in.
    """
    many_words(seed, replication, count, index, person, what, words)
    # Each number becomes one in (sqrt(1/2), sqrt(2)] and a power of two, read off its binary digits.
    for j in range(4 * count):
        u = np.uint64(np.uint64(words[j]) | _BITS_OF_WORD).view(np.float64) - _LESS_HALF
        digits = np.float64(u).view(np.uint64)
        fraction = digits & _FRACTION
        above = _U1 if fraction > _FRACTION_OF_ROOT else _U0
        scale = np.uint64((digits >> _U52) + above + _BITS_OF_POWERS).view(np.float64)
        x = np.uint64(fraction | ((_U1023 - above) << _U52)).view(np.float64)
        out[j] = _minus_log_of_word(x, scale - _POWERS_OF_WORDS)


@compiled("float64(int64)")
def gap_of(word: int) -> float:
    """-log u for the number u = (word + 1/2) / 2**32.

    Parameters
    ----------
    word
        In [0, 2**32).

    Returns
    -------
    float
        Within 2e-12 of its value; the numbers of two words differ by 2.3e-10 of theirs at least.
    """
    x, power = math.frexp(word + 0.5)
    if x > _ROOT_OF_HALF:
        return _minus_log_of_word(x, float(power - 32))
    return _minus_log_of_word(2.0 * x, float(power - 33))


@compiled("float64(int64, int64, int64, int64)")
def need_gap(seed: int, replication: int, person: int, need: int) -> float:
    """The time before a need, for a mean of 1, from one word; four needs in a row share a block.

    It is one of 2**32 numbers, each as likely. The least is 1.2e-10; small ones are 2.3e-10 apart (20 microseconds for
    a mean of a day); the greatest is 22.9, and what is greater has a probability of 1.2e-10. The mean is that of the
    exponential law to 1e-10.

    Parameters
    ----------
    seed, replication, person
        As in `uniform`.
    need
        Number of the need, below 2**34.

    Returns
    -------
    float
        `gap_of` word ``need % 4`` of block ``need // 4`` of `NEED_GAP`.
    """
    w0, w1, w2, w3 = philox(
        need >> 2, 0, person & _MASK32, ((person >> 32) & _MASK16) | (NEED_GAP << 16), seed, replication
    )
    place = need & 3
    return gap_of(w0 if place == 0 else w1 if place == 1 else w2 if place == 2 else w3)


@compiled("float64(float64)")
def minus_log(u: float) -> float:
    """-log(u): the same bits on every machine, and one at a time or many at once (`many_gaps`).

    Parameters
    ----------
    u
        In (0, 1).

    Returns
    -------
    float
        Within two units in the last place.
    """
    x, power = math.frexp(u)
    if x > _ROOT_OF_HALF:
        return _minus_log_of(x, float(power))
    return _minus_log_of(2.0 * x, float(power - 1))


@compiled("int64(float64, float64)", forceinline=True)
def exponential_of(minus_log_u: float, mean_us: float) -> int:
    """The exponential time of -log(u); see `exponential_us`."""
    time = mean_us * minus_log_u
    if time < _NEVER_FLOAT:
        return int(time + 0.5)
    return NEVER


@compiled("int64(float64, float64)")
def exponential_from(u: float, mean_us: float) -> int:
    """The exponential time of a uniform number, by inversion; see `exponential_us`."""
    return exponential_of(minus_log(u), mean_us)


@compiled(f"int64({_KEYED}, float64)")
def exponential_us(seed: int, replication: int, person: int, purpose: int, index: int, mean_us: float) -> int:
    """An exponential time, by inversion: -mean log(u).

    Parameters
    ----------
    seed, replication, person, purpose, index
        As in `uniform`.
    mean_us
        Mean in microseconds, at least 0; infinity means never.

    Returns
    -------
    int
        Microseconds, rounded to the nearest, at most `NEVER` = 2**62.
    """
    return exponential_from(uniform(seed, replication, person, purpose, index), mean_us)


@compiled(f"boolean({_KEYED}, float64)")
def bernoulli(seed: int, replication: int, person: int, purpose: int, index: int, probability: float) -> bool:
    """Whether an event of the given probability happens.

    Parameters
    ----------
    seed, replication, person, purpose, index
        As in `uniform`.
    probability
        In [0, 1]. 0 is never and 1 always true; a higher probability keeps every event of a lower one.

    Returns
    -------
    bool
    """
    return uniform(seed, replication, person, purpose, index) < probability


@compiled(f"int64(float64, {_FLOATS})")
def pick(u: float, cumulative: NDArray[np.float64]) -> int:
    """The entry of a discrete distribution that a given uniform number falls on.

    Parameters
    ----------
    u
        In [0, 1).
    cumulative
        Shape (n,), C-contiguous float64: cumulative probabilities, not decreasing. The last entry that adds
        anything counts as 1, whatever rounding made of it.

    Returns
    -------
    int
        The first j with u < cumulative[j]; never one whose probability is zero.

    Raises
    ------
    ValueError
        If no entry is positive.
    """
    last = -1
    before = 0.0
    for j in range(cumulative.shape[0]):
        reached = cumulative[j]
        if reached > before:
            if u < reached:
                return j
            last = j
            before = reached
    if last < 0:
        raise ValueError("cumulative probabilities hold no positive entry")
    return last


@compiled(f"int64({_KEYED}, {_FLOATS})")
def categorical(
    seed: int, replication: int, person: int, purpose: int, index: int, cumulative: NDArray[np.float64]
) -> int:
    """A draw from a discrete distribution.

    Parameters
    ----------
    seed, replication, person, purpose, index
        As in `uniform`.
    cumulative
        As in `pick`.

    Returns
    -------
    int
        Index into `cumulative`; never one whose probability is zero.

    Raises
    ------
    ValueError
        If no entry is positive.
    """
    return pick(uniform(seed, replication, person, purpose, index), cumulative)


@compiled("float64(int64)")
def radical_inverse(i: int) -> float:
    """The van der Corput sequence in base 2: the binary digits of i mirrored at the point.

    Parameters
    ----------
    i
        In [0, 2**63). Digits that would come after the 53rd place are left out, so the result stays below 1.

    Returns
    -------
    float
        In [0, 1), exact for i < 2**53 (van der Corput 1935; e.g. Niederreiter 1992, section 3.1).
    """
    mirrored = 0.0
    scale = 1.0
    i &= _MASK53
    while i > 0:  # byte by byte; every sum is exact
        mirrored += scale * _MIRRORED_BYTE[i & 255]
        i >>= 8
        scale /= 256.0
    return mirrored


@compiled("float64(int64, float64)")
def shifted(i: int, shift: float) -> float:
    """The i-th point of the van der Corput sequence, shifted modulo 1; see `stratified`."""
    moved = radical_inverse(i) + shift
    if moved >= 1.0:
        return moved - 1.0
    return moved


@compiled("float64(int64, int64, int64)")
def stratified(seed: int, replication: int, i: int) -> float:
    """The i-th point of the randomly shifted van der Corput sequence (Cranley and Patterson 1976).

    Each point is uniform by itself, and the first n of them are spread far more evenly than independent
    draws, for every n: person i has the same segment among a hundred and among a million.

    Parameters
    ----------
    seed, replication
        Key; one uniform number of both shifts all points.
    i
        Number of the person, in [0, 2**63).

    Returns
    -------
    float
        In [0, 1).
    """
    return shifted(i, uniform(seed, replication, 0, SHIFT, 0))

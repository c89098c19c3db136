"""Looks for the mistakes, one or two at a time, that lead to a signature; HMACs prove what is found.

Each side of a signature has its changes: the header (whose repairs are all tried at once, since they need no
hash), the signer (secret, scheme, timestamp) and the body. First each change is tried alone, then in pairs.
The work is bounded by the bytes that are hashed, not by a clock: the result is the same on every machine.
"""

from __future__ import annotations

from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from jebbitctl.webhooks.explain.causes import Cause, Change, Note
from jebbitctl.webhooks.explain.headers import readings
from jebbitctl.webhooks.explain.keys import changed_keys
from jebbitctl.webhooks.explain.packing import packed
from jebbitctl.webhooks.explain.rewriting import parts, restored, rewritten
from jebbitctl.webhooks.explain.schemes import JEBBIT, other_schemes
from jebbitctl.webhooks.explain.targets import Targets
from jebbitctl.webhooks.explain.text_changes import characters, line_ends
from jebbitctl.webhooks.explain.timestamps import FIRST_MILLISECONDS, other_timestamps
from jebbitctl.webhooks.explain.unpacking import unpacked, without_surroundings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jebbitctl.webhooks.explain.schemes import Scheme

_A = TypeVar("_A")
_B = TypeVar("_B")
_MIB = 1024 * 1024
_TRIAL_BYTES = 1024
"""What a trial costs besides the bytes of the body."""
_MAX_BYTES = 320 * _MIB
"""What is hashed at most to try each change alone."""
_MAX_REWRITTEN_BYTES = 10 * _MIB
"""Likewise for the rewriting of JSON, which takes longer than hashing."""
_MAX_PAIR_BYTES = 24 * _MIB
"""Likewise for each kind of pairs: about 20,000 pairs for a small body, 23 for one of 1 MiB."""
_SMALL = 64 * 1024
"""The largest body whose hash is computed for each millisecond of a second."""
_MAX_TIMESTAMPS = 4
_LIKELY_KEYS = 90
_MAX_CONTAINERS = 300
"""As many contents of a body are unpacked again: also what is not hashed takes time."""
_LIKELIEST = 8
"""As many signers are tried with every order of keys."""


class Proof(NamedTuple):
    """Mistakes that lead to the signature.

    Attributes:
        notes: the mistakes; empty if there is none.
        timestamp: the header's, in unix seconds; None if it has none.
        signed: the body that was signed.
    """

    notes: tuple[Note, ...]
    timestamp: int | None
    signed: bytes


class _Signer(NamedTuple):
    """Who may have signed: with which secret, in which way, at what time."""

    notes: tuple[Note, ...]
    key: bytes
    scheme: Scheme
    timestamp: str
    stamp: str
    targets: Targets

    def prove(self, body: bytes, changes: tuple[Note, ...]) -> Proof | None:
        """Return the proof that this signer has signed ``body``; None if there is none."""
        digest = self.scheme.sign(self.key, self.timestamp.encode(), body)
        causes = self.targets.match(digest)
        if causes is None:
            return None
        timestamp = int(self.stamp) if self.stamp.isdecimal() else None
        header = [Note(cause) for cause in causes]
        if timestamp is not None and timestamp >= FIRST_MILLISECONDS:
            header.append(Note(Cause.MILLISECONDS))
        return Proof(tuple(dict.fromkeys((*header, *self.notes, *changes))), timestamp, body)


class Search:
    """One search for the mistakes behind a header."""

    def __init__(self, key: bytes, body: bytes, header: str, others: Mapping[str, bytes]) -> None:
        self._key = key
        self._body = body
        self._others = others
        self._stamps: dict[str, Targets] = {}
        for reading in readings(header):
            stamp = str(int(reading.timestamp)) if reading.timestamp.isdecimal() else reading.timestamp
            if stamp in self._stamps or len(self._stamps) < _MAX_TIMESTAMPS:
                targets = self._stamps.setdefault(stamp, Targets())
                for signature in reading.signatures:
                    targets.add(signature, reading.causes)

    @property
    def has_signature(self) -> bool:
        """Whether the header has anything that may be a signature."""
        return bool(self._stamps)

    def run(self) -> Proof | None:
        """Return the first proof; None if the bounds of the search are reached before one is found."""
        trials = chain(self._alone(), self._in_pairs(), self._in_other_text())
        return next((proof for proof in trials if proof is not None), None)

    def _alone(self) -> Iterator[Proof | None]:
        plain = list(self._plain())
        yield from (signer.prove(self._body, ()) for signer in plain)
        likely = chain(line_ends(self._body), unpacked(self._body), characters(self._body))
        yield from _try(plain, likely, _MAX_BYTES // 4)
        yield from self._with_signers(chain(self._keys(), self._schemes(), self._times()))
        changes = chain(parts(self._body), rewritten(self._body), restored(self._body))
        yield from _try(plain, changes, _MAX_REWRITTEN_BYTES)
        yield from _try(plain, packed(self._body), _MAX_BYTES // 4)

    def _in_pairs(self) -> Iterator[Proof | None]:
        bodies, budget = [], _MAX_PAIR_BYTES
        for change in _distinct(self._likely_bodies(), self._body):
            budget -= len(change.value) + _TRIAL_BYTES
            if budget < 0:
                break
            bodies.append(change)
        signers = list(self._likely_signers())
        budget = _MAX_PAIR_BYTES
        for signer, change in _diagonally(signers, bodies):
            budget -= len(change.value) + _TRIAL_BYTES
            if budget < 0:
                break
            yield signer.prove(change.value, (change.note,))
        yield from self._with_signers(self._pairs_of_signers())
        yield from _try(list(self._plain()), self._pairs_of_bodies(), _MAX_PAIR_BYTES)
        likeliest = [*islice(self._keys(), _LIKELIEST), *islice(self._schemes(), _LIKELIEST)]
        yield from _try(likeliest, restored(self._body), _MAX_PAIR_BYTES // len(likeliest))

    def _in_other_text(self) -> Iterator[Proof | None]:
        """Try the JSON within a body last, alone and with changes, since it fits many containers."""
        plain = list(self._plain())
        for outer in without_surroundings(self._body):
            yield from _try(plain, [outer], _MAX_PAIR_BYTES)
            inner = chain(line_ends(outer.value), rewritten(outer.value, further_styles=False))
            yield from _try(plain, ((outer.note, change) for change in inner), _MAX_REWRITTEN_BYTES)
            if len(outer.value) <= _SMALL:
                yield from (signer.prove(outer.value, (outer.note,)) for signer in self._likely_signers())

    def _with_signers(self, signers: Iterable[_Signer]) -> Iterator[Proof | None]:
        """Try signers on the body at hand."""
        budget = _MAX_BYTES // 4
        for signer in signers:
            budget -= len(self._body) + _TRIAL_BYTES
            if budget < 0:
                return
            yield signer.prove(self._body, ())

    def _plain(self) -> Iterator[_Signer]:
        for stamp, targets in self._stamps.items():
            if stamp:
                yield _Signer((), self._key, JEBBIT, stamp, stamp, targets)

    def _keys(self) -> Iterator[_Signer]:
        for signer in self._plain():
            for change in self._changed_keys():
                yield signer._replace(notes=(change.note,), key=change.value)

    def _changed_keys(self) -> Iterator[Change]:
        others = (Change(Cause.KEY_INTEGRATION, key, label) for label, key in self._others.items() if key)
        return _distinct(chain(others, changed_keys(self._key)), self._key)

    def _schemes(self, *, pairs: bool = False) -> Iterator[_Signer]:
        for stamp, targets in self._stamps.items():
            single, double = other_schemes(has_timestamp=bool(stamp))
            for scheme in double if pairs else single:
                yield _Signer(scheme.notes, self._key, scheme, stamp, stamp, targets)

    def _times(self, *, all_milliseconds: bool = True) -> Iterator[_Signer]:
        small = all_milliseconds and len(self._body) <= _SMALL
        for signer in self._plain():
            for note, timestamp in other_timestamps(signer.stamp, milliseconds=small):
                yield signer._replace(notes=(note,), timestamp=timestamp)

    def _likely_bodies(self) -> Iterator[Change]:
        body = self._body
        likely = chain(line_ends(body), unpacked(body), characters(body))
        return chain(likely, rewritten(body, further_styles=False), islice(packed(body), 60), parts(body))

    def _likely_signers(self) -> Iterator[_Signer]:
        keys, schemes = islice(self._keys(), _LIKELY_KEYS), self._schemes()
        times = islice(self._times(all_milliseconds=False), 30)
        for group in zip_longest(keys, schemes, times):
            yield from (signer for signer in group if signer)

    def _pairs_of_signers(self) -> Iterator[_Signer]:
        """Yield signers with two mistakes: in the secret twice, or in two of secret, scheme and time."""
        keys = list(islice(self._keys(), _LIKELY_KEYS))
        others = [*self._schemes(), *islice(self._times(all_milliseconds=False), 30)]
        yield from self._schemes(pairs=True)
        for key, other in _diagonally(keys, others):
            if key.targets is other.targets:
                yield other._replace(notes=(*key.notes, *other.notes), key=key.key)
        for signer in keys:
            for change in islice(changed_keys(signer.key), _LIKELY_KEYS):
                yield signer._replace(notes=(*signer.notes, change.note), key=change.value)
        single, _ = other_schemes(has_timestamp=True)
        for time in islice(self._times(all_milliseconds=False), 30):
            for scheme in single:
                yield time._replace(notes=(*time.notes, *scheme.notes), scheme=scheme)

    def _pairs_of_bodies(self) -> Iterator[tuple[Note, Change]]:
        """Yield bodies with two changes, with the note of the first one."""
        body = self._body
        for outer in islice(_distinct(unpacked(body), body), _MAX_CONTAINERS):
            inner = chain(line_ends(outer.value), unpacked(outer.value), characters(outer.value))
            yield from ((outer.note, change) for change in _distinct(inner, outer.value))
            if outer.value.lstrip()[:1] in (b"{", b"["):
                again = chain(rewritten(outer.value, further_styles=False), restored(outer.value))
                yield from ((outer.note, change) for change in _distinct(again, outer.value))
        for outer in _distinct(chain(line_ends(body), characters(body)), body):
            ends = chain(unpacked(outer.value), characters(outer.value), line_ends(outer.value))
            yield from ((outer.note, change) for change in _distinct(ends, outer.value))
        for outer in _distinct(characters(body), body):
            written = rewritten(outer.value, further_styles=False)
            yield from ((outer.note, change) for change in _distinct(written, outer.value))
        for outer in _distinct(chain(rewritten(body, further_styles=False), parts(body)), body):
            ends = chain(line_ends(outer.value), characters(outer.value))
            yield from ((outer.note, change) for change in _distinct(ends, outer.value))


def _try(
    signers: list[_Signer], changes: Iterable[Change | tuple[Note, Change]], budget: int
) -> Iterator[Proof | None]:
    """Try changed bodies, alone or with the note of another change, until ``budget`` bytes were hashed."""
    seen: set[int] = set()
    for entry in changes:
        first, change = ((), entry) if isinstance(entry, Change) else ((entry[0],), entry[1])
        fingerprint = hash(change.value)
        if fingerprint not in seen:
            seen.add(fingerprint)
            budget -= len(change.value) + _TRIAL_BYTES
            if budget < 0:
                return
            yield from (signer.prove(change.value, (*first, change.note)) for signer in signers)


def _distinct(changes: Iterable[Change], unchanged: bytes) -> Iterator[Change]:
    """Yield each changed value once, and never the unchanged one."""
    seen = {hash(unchanged)}
    for change in changes:
        fingerprint = hash(change.value)
        if fingerprint not in seen:
            seen.add(fingerprint)
            yield change


def _diagonally(first: list[_A], second: list[_B]) -> Iterator[tuple[_A, _B]]:
    """Yield all pairs, those of likely ones first."""
    for total in range(len(first) + len(second) - 1):
        for index in range(max(0, total - len(second) + 1), min(total + 1, len(first))):
            yield first[index], second[total - index]

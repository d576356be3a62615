"""What is true of people: who may administer, whom a group is open to, which passwords are no secret."""

import re
from datetime import date
from typing import Final

from backend.core.actor import Actor
from backend.domain.accounts.terms import GroupType

PASSWORD_MIN: Final = 6
PASSWORD_MAX: Final = 128
CODE_TRIES: Final = 5
CODE_MINUTES: Final = 15
RESET_MINUTES: Final = 30
REFRESH_GRACE_S: Final = 10


def may_administer(actor: Actor) -> bool:
    """People are administered by admins."""
    return actor.is_admin


def is_group_evident(group: GroupType | None) -> bool:
    """Whether a group needs nobody to look at a proof; the public pays the full price and proves nothing."""
    return group is GroupType.PUBLIC


def lacks_nik(group: GroupType | None, nik: str | None) -> bool:
    """The public group is told by the national id."""
    return group is GroupType.PUBLIC and not nik


def lacks_nim(group: GroupType | None, nim: str | None, nim_proof: str | None) -> bool:
    """Student groups are told by a student number and a picture of the card."""
    return group in (GroupType.OWN_STUDENT, GroupType.OTHER_STUDENT) and not (nim and nim_proof)


def is_born(birth_date: date | None, today: date) -> bool:
    """Nobody is born tomorrow; nor was anybody here before 1900."""
    return birth_date is None or date(1900, 1, 1) <= birth_date <= today


_LEET = str.maketrans("013457@$!", "oieastasi")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_WORDS = """
password passwort passw pass passwd sandi katasandi rahasia admin administrator root user guest test tester
testing welcome selamat datang letmein login masuk default changeme secret master super superman batman dragon
monkey football baseball soccer sepakbola princess sunshine iloveyou loveyou lovely love cinta sayang cintaku
sayangku akucinta akusayang bismillah alhamdulillah assalamualaikum allah insyaallah indonesia merdeka jakarta
bandung surabaya depok bekasi bogor tangerang medan gunadarma universitas mahasiswa kampus kuliah brevet pajak
lulus siswa guru murid sekolah anjing kucing bangsat ganteng cantik doraemon naruto pokemon qwerty qwertyuiop
asdf asdfgh asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc qweasd qweasdzxc azerty abc abcd abcde abcdef abcdefg
abcdefgh abcabc aaa aaaa aaaaaa xxx xxxxxx hello halo apakabar google facebook instagram whatsapp internet
computer komputer samsung android windows michael jordan jessica ashley charlie daniel thomas andrea nicole
shadow freedom whatever trustno starwars pepper ginger summer winter spring autumn flower hunter killer matrix
mustang cookie cheese orange banana purple yellow silver golden diamond angel angels jesus arsenal liverpool
chelsea barcelona realmadrid manchester persib persija kitty hottie access changethis temp temporary demo
contoh coba
"""
_STEMS = frozenset(_WORDS.split())
_RUNS = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb", "q1w2e3r4t5y6u7i8o9p0", "1q2w3e4r5t6y7u8i9o0p")


def is_common_password(password: str, *own: str) -> bool:
    """Whether a password is among the first that anybody tries.

    A known word with digits or signs round it, also with digits for letters; a run of keys; few characters over and
    over; digits that could be a date; or one of the person's own words (name, e-mail, phone).
    """
    low = password.casefold()
    bare = _EDGES.sub("", low)
    plain = low.translate(_LEET)
    cores = {bare, bare.translate(_LEET), plain, _EDGES.sub("", plain)}
    if cores & _STEMS or any(low in run for run in (*_RUNS, *_ROWS)):
        return True
    if len(set(low)) <= 2 or (low.isdecimal() and len(low) <= 8):
        return True
    half = low[: len(low) // 2]
    if half * 2 == low and (half.isdecimal() or half in _STEMS):
        return True
    return any(low == word.casefold() or (len(word) >= 5 and _core(low) == _core(word.casefold())) for word in own)


def password_fault(password: str, *own: str) -> str | None:
    """What is wrong with a new password: "invalid" (its length), "common", or nothing."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        return "invalid"
    return "common" if is_common_password(password, *own, *(word.partition("@")[0] for word in own)) else None


def _core(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum()).rstrip("0123456789") or text

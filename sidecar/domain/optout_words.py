"""How a text message becomes plain words: spelling, typing slips, elisions, emoji.

:func:`plain_words` turns whatever a person typed into lower-case words of ``a-z0-9`` with ``|`` between
clauses, so that the rules in :mod:`sidecar.domain.optout_rules` can be written once for "Don’t txt me!!",
"DO NOT TEXT ME" and "dont text me".
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

CLAUSE: Final = "|"

_SPELLINGS: Final = dict(
    pair.split("=")
    for pair in (
        "u=you ya=you ur=your youre=you r=are plz=please pls=please plse=please pleez=please plez=please "
        "pleas=please txt=text txts=texts txting=texting txted=texted txtin=texting textin=texting textign=texting "
        "msg=message msgs=messages msging=messaging messagin=messaging callin=calling sms=texts smses=texts "
        "mms=texts thx=thanks ty=thanks tks=thanks thnx=thanks dnt=dont dunt=dont donot=dont dont=dont cannot=cant "
        "nomore=no+more num=number nbr=number numbr=number nvm=nevermind unsub=unsubscribe unsubs=unsubscribe "
        "stahp=stop stawp=stop staph=stop stopp=stop sotp=stop fck=fuck fuk=fuck fk=fuck fking=fucking wanna=want+to "
        "tmrw=tomorrow tmr=tomorrow b4=before ffs=please ph=phone texto=text textos=texts sil=s+il pu=plus pus=plus "
        "jveux=je+veux jai=j+ai tel=telephone immed=immediately txtn=texting textn=texting textng=texting "
        "calln=calling msgn=messaging txtng=texting textingme=texting+me callingme=calling+me textme=text+me "
        "callme=call+me contactme=contact+me agen=again agian=again dis=this dat=that da=the fous=foutez "
        "anymor=anymore nolonger=no+longer stopall=stop+all stopit=stop+it optin=optin unstop=unstop chu=je+suis "
        "phones=phone cell=phone mobile=phone cellphone=phone cellulaire=telephone ph#=number someones=someone "
        "wifes=wife optedout=optout optingout=optout leavemealone=leave+me+alone digits=number del=delete rmv=remove "
        "abt=about bruh=bro pls2=please smses=texts gd=good hv=have hav=have bak=back tkae=take tak=take tke=take"
    ).split()
)
"""Left: as typed, accents and apostrophes gone. Right: as the rules know it; ``+`` joins two words."""

_PAIRS: Final = {
    typed.strip(): known.strip()
    for typed, _, known in (
        pair.partition("=")
        for pair in (
            "do not=dont, does not=doesnt, did not=didnt, will not=wont, can not=cant, would not=wouldnt, "
            "don t=dont, should not=shouldnt, could not=couldnt, is not=isnt, am not=not, didn t=didnt, "
            "won t=wont, can t=cant, any more=anymore, opt out=optout, opts out=optout, opting out=optout, "
            "opted out=optout, opt in=optin, un subscribe=unsubscribe, un stop=unstop, st op=stop, s "
            "top=stop, sto p=stop, stop pub=stop, i am=im, i have=ive, you are=you"
        ).split(",")
    )
}
_SECOND_OF_PAIR: Final = frozenset(pair.split()[1] for pair in _PAIRS)

_TARGETS: Final = tuple(
    "stop text texting texts calling message messages messaging contacting unsubscribe unsubscribed remove "
    "number wrong please harassment harassing anymore again bothering sending delete consent optout arret "
    "arrete arretez ecrivez appelez contactez textez envoyez desabonner desabonnez desinscrire "
    "desinscription tranquille numero mauvais contact leave alone cancel database liste".split()
)
_REAL_WORDS: Final = frozenset(
    "step steps shop stops top stoop slop strop stow atop stomp sop stp stock tap test tests testing next "
    "tent tests taxing texas texted texte falling filling calming caring culling failing hauling sailing "
    "ceiling caller called massage massages massaging contract contracts contacts contracting contacted "
    "contacte contacter removed removes remover remote numbers lumber wrongs wrung prong strong pleased "
    "pleases against gain spending ending bending mending tending lending pending sanding standing seeding "
    "deleted deletes content concert arrest arrets arreter arrive mauvaise mauvaises leaves leaver lease "
    "cleave along alon clone canceled cancels cancelled ecrire ecrivent appeler appelle envoyer textes "
    "listen lists list listed consents message messaged messager numeros lone please release cease leased "
    "eave heave weave leaven stopped texts arretes arretee desabonne tex database databases databased".split()
)
"""Words that lie one slip away from a target and mean something else."""

_WITHOUT_G: Final = frozenset(
    "hitting sending calling texting messaging ringing bugging bothering harassing contacting emailing "
    "spamming blowing getting nagging pestering annoying hassling writing phoning".split()
)
"""Words of the rules that are typed as they are said: "hittin", "callin"."""

_STOP_SIGN: Final = "🛑"
_FANCY: Final = str.maketrans({**dict.fromkeys("’‘ʼ`´′", "'"), "ı": "i", _STOP_SIGN: " stop ", "🖕": " middlefinger "})
_LEET: Final = str.maketrans("013457$@", "oieastsa")
_WRONG_HASH = re.compile(r"\b(wrong|my|this) ?#")
_PART = re.compile(
    r"[$@]?[^\W_]+(?:[$@][^\W_]+)*(?:'[^\W_]+)*"  # a word, perhaps with apostrophes or a $ for an S
    r"|(?:(?<!\w)-|-(?!\w)|[–—.!?;,:\n\r…()\[\]|/\"])+"  # parts two clauses; a hyphen inside a word does not
)
_LONG_RUN = re.compile(r"(.)\1{2,}")
_ELIDED: Final = frozenset({"m", "n", "l", "d", "j", "t", "s", "c", "qu", "jusqu"})
_BARS_OF_ONE_CLAUSE: Final = 2
_SPELT_OUT: Final = frozenset({"stop", "quit", "end", "arret", "help", "unsubscribe"})


def plain_words(body: str) -> str:
    """The message as ``| word word | word |``, clauses between bars; ``|`` alone when there is no word."""
    folded = body.lower().replace("`", "'") if body.isascii() else _latin(body)
    if "#" in folded:
        folded = _WRONG_HASH.sub(r"\1 number ", folded)
    words: list[str] = [CLAUSE]
    for part in _PART.findall(folded):
        if part[-1].isalnum():
            words.extend(_apostrophes(part))
        elif words[-1] != CLAUSE:
            words.append(CLAUSE)
    if words[-1] != CLAUSE:
        words.append(CLAUSE)
    if sum(len(word) == 1 for word in words) > _BARS_OF_ONE_CLAUSE:
        words = _letters_joined(words)
    return _paired(words)


def _latin(body: str) -> str:
    """Lower case without accents, curly quotes and ligatures; the stop sign as a word."""
    folded = unicodedata.normalize("NFKC", body).translate(_FANCY).casefold()
    decomposed = unicodedata.normalize("NFD", folded)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).replace("œ", "oe")


def _apostrophes(part: str) -> list[str]:
    """French elisions become two words ("m'écrivez"), English contractions one ("don't")."""
    if "'" not in part:
        return _spelling(part).split()
    elided = []
    head, _, tail = part.partition("'")
    while head in _ELIDED and len(tail) > 1:
        elided.append(head)
        head, _, tail = tail.partition("'")
    return [*elided, *_spelling(head + tail.replace("'", "")).split()]


def _spelling(word: str) -> str:
    if word.isalpha():
        return _word_spelling(word)
    plain = word.translate(_LEET)
    return plain if plain in _TARGETS else _SPELLINGS.get(word, word)


@lru_cache(maxsize=8192)
def _word_spelling(word: str) -> str:
    """The rules' spelling of one word of letters; remembered, since most words are common ones (numbers never are)."""
    if word in _SPELLINGS:
        return _SPELLINGS[word].replace("+", " ")
    if word.endswith("in") and f"{word}g" in _WITHOUT_G:
        return f"{word}g"
    short = _LONG_RUN.sub(r"\1", word)
    if short != word:
        return _word_spelling(short)
    if word.startswith(("unsub", "unsus", "unsc")) and not word.endswith("d"):
        return "unsubscribe"
    if word.startswith(("desabon", "desinsc", "desinc")):
        return "desabonner"
    return _slip_mended(word)


def _slip_mended(word: str) -> str:
    """The word of the rules that one typing slip has turned into this one, else the word as it is."""
    if word in _REAL_WORDS or word in _TARGETS or not 2 < len(word) <= _LONGEST:  # noqa: PLR2004
        return word
    for candidate in _with_one_letter_less(word):
        for target in _NEAR.get(candidate, ()):
            if within_one_slip(word, target):
                return target
    return word


def _with_one_letter_less(word: str) -> list[str]:
    return [word, *(word[:at] + word[at + 1 :] for at in range(len(word)))]


def _near() -> dict[str, tuple[str, ...]]:
    near: dict[str, tuple[str, ...]] = {}
    for target in _TARGETS:
        for candidate in _with_one_letter_less(target):
            near[candidate] = (*near.get(candidate, ()), target)
    return near


_NEAR: Final = _near()
_LONGEST: Final = max(map(len, _TARGETS)) + 1


def within_one_slip(left: str, right: str) -> bool:
    """Whether two words differ by one letter added, left out, replaced, or by two neighbours swapped."""
    if left == right:
        return True
    if abs(len(left) - len(right)) > 1:
        return False
    pairs = enumerate(zip(left, right, strict=False))
    at = next((index for index, (a, b) in pairs if a != b), min(len(left), len(right)))
    if len(left) > len(right):
        return left[at + 1 :] == right[at:]
    if len(left) < len(right):
        return left[at:] == right[at + 1 :]
    swapped = left[at : at + 2] == right[at : at + 2][::-1] and left[at + 2 :] == right[at + 2 :]
    return swapped or left[at + 1 :] == right[at + 1 :]


def _letters_joined(words: list[str]) -> list[str]:
    """Make one word of "S.T.O.P" and "s t o p"; other runs of single letters stay."""
    joined: list[str] = []
    run: list[str] = []
    spelt: list[str] = []
    for word in [*words, ""]:
        if (len(word) == 1 and word.isalpha()) or (word == CLAUSE and run):
            run.append(word)
            spelt += [word] if word != CLAUSE else []
            continue
        if run:
            whole = "".join(spelt)
            joined += [whole, *([CLAUSE] if run[-1] == CLAUSE else [])] if whole in _SPELT_OUT else run
            run, spelt = [], []
        joined += [word] if word else []
    return joined


def _paired(words: list[str]) -> str:
    result: list[str] = []
    for word in words:
        if word in _SECOND_OF_PAIR and result and (pair := _PAIRS.get(f"{result[-1]} {word}")):
            result[-1] = pair
        else:
            result.append(word)
    return " ".join(result)

"""Language detection, as precise as sentence splitting, stemming and the reader need it.

No library: a question comes with passages, whose language is plain, and libraries cannot
weigh the two. Beside English passages, this takes fewer English questions and keywords for
something else than each of six libraries, but more short texts in other languages for English
(`tests/benchmarks/languages.py`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import lru_cache

_SCRIPTS = {
    "ru": "\u0400-\u052f",
    "el": "\u0370-\u03ff\u1f00-\u1fff",
    "hy": "\u0530-\u058f",
    "he": "\u0590-\u05ff",
    "ar": "\u0600-\u06ff\u0750-\u077f",
    "hi": "\u0900-\u097f",
    "bn": "\u0980-\u09ff",
    "ta": "\u0b80-\u0bff",
    "te": "\u0c00-\u0c7f",
    "th": "\u0e00-\u0e7f",
    "ka": "\u10a0-\u10ff",
    "ko": "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af",
    "ja": "\u3041-\u30ff",
    "zh": "\u3400-\u4dbf\u4e00-\u9fff",
}
"""The letters of the scripts that are taken for one language each."""
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_WEIGHT = {"zh": 2, "ja": 2}  # such a character carries as much information as two letters or more
_KANA_SHARE = 0.25  # at least this share of a Japanese text is Kana, compared with its Han characters
_SMALL_WORDS = {
    "": """de la le el los las der den des du da di del dos van von san""",
    "en": """the of and to in is was for that with on as by are from an it its this these those he she they them his
        her hers their theirs we us our you your yours me my mine be been being am were do does did done doing
        have has had having will would can could shall should may might must not no nor or but if so than then
        there here at up out about into over under after before between during through within without against
        among upon until since while because what when where which who whom whose why how many much any some each
        every all both other another more most such only own same too very just also again once don isn doesn
        didn wasn aren weren won wouldn couldn ll re ve
        come came met war man die care till per non hat main wake ten ha pot sit sin ale dan fin mod sole note""",
    "de": """der die das und ist nicht ein eine einen einem einer im von vom den mit auf für wurde wurden dem des am
        er es sie wir ich zu zum zur bei aus nach wie was wer wen wem wann wo warum wieso wohin woher welche
        welcher welches wessen wird werden hat haben sind war waren kann können muss soll möchten sich auch oder
        an als um über unter gibt ihr du mir keine kein sein seine ihre nur noch schon mehr dann wenn weil dass
        diese dieser dieses durch gegen ohne vor hier alle alles viele wieviel jetzt hatte sollte sollen wollen
        möchte mein dein unser euch ihnen ihm ihn bis zwischen""",
    "es": """el la los las de que en un una unos por con del se es no para su sus lo al como más qué quién quiénes
        cuál cuáles cuándo cuánto cuántos cuántas cómo dónde quien cual cuando donde cuantos fue son está están
        ser tiene hay entre este esta desea sobre pero usted sin muy también cada todo todos todas estos desde
        hasta ha han puede debe ya sí nos le les mi eso otro otra hace cuánta""",
    "fr": """le la les des de du et est un une dans que pour au aux qui sur pas ne quel quelle quels quelles quand où
        comment combien pourquoi ce cette ces il elle ils sont était été ont se son sa ses par avec qu vous nous
        voulez ou plus fut sans très aussi tout tous toute après avant peut doit cela leur leurs nos notre votre
        vos mais donc même sous entre chez lors quoi lequel cet en être fait faire elles""",
    "pt": """os as de que em um uma do da dos das no na nos nas não para com por se qual quais quem quando onde como
        quantos quantas porque são foi está ser tem seu sua ao mais pelo pela você deseja isto este esta ou sem
        muito também cada todo todos até desde depois antes sobre pode deve já isso esse essa outro outra ele ela
        eles quanto nem mas aos às num numa""",
    "it": """il lo la gli le di che un uno una del della dei delle dello per non con nel nella sono chi cosa come
        quando dove quanti quante quanto quale quali perché da dal dalla al alla si ha hanno fu era stato più in
        su questo questa qual dell nell vuole vuoi mio mia suo sua loro essere anche ma ci ne sul sulla sui alle
        ai agli negli nelle degli quel quella quello tutti tutto senza dopo prima fra tra molto deve può così
        quindi""",
    "ca": """el la els les de que en un una per amb del dels és no quin quina quins quines qui quan on com quants
        quantes va ser són aquest aquesta voleu al als sense molt també cada tot tots fins des després abans
        sobre pot ha han hi seu seva ni però aquests""",
    "ro": """și în de la cu pe un este sunt al ale care cine ce când unde cum cât câte câți pentru din nu se ca mai
        fost să doriți că fără foarte fiecare toate toți înainte după între poate trebuie lui ei lor dar sau dacă
        deja numai are au acest această cărui""",
    "nl": """de het een en van in is dat die op te zijn voor met niet aan er om ook als wat wie waar wanneer hoe
        hoeveel waarom welke welk wordt worden werd heeft hebben was uit bij door naar of wilt dit deze kan geen
        maar meer haar hun onze kunnen moet moeten zonder tegen tussen alle alles veel nog dan toen omdat over na
        ze hij ik je jij""",
    "sv": """och att det som en ett är på av för med den till inte har de om var vad vem när hur många vilken vilket
        vilka varför vill du ska skall från kan finns blev denna detta ingen inget några någon utan alla allt
        mycket mer eller under efter före mellan mot också så nu då hon han jag vi ni sin sitt kunde skulle vara""",
    "da": """og at det som en et er på af for med den til ikke har de om var hvad hvem hvornår hvor hvordan hvorfor
        mange hvilken hvilket hvilke vil du skal fra kan der blev denne dette ingen noget nogle uden alle alt
        meget mere eller under efter før mellem mod også så nu da hun han jeg vi sin sit kunne skulle være ville
        hvis""",
    "no": """og det som en et er på av for med den til ikke har de om var hva hvem når hvor hvordan hvorfor mange
        hvilken hvilket hvilke vil du skal fra kan ble denne dette ingen noe noen uten alle alt mye mer eller
        under etter før mellom mot også så nå da hun han jeg vi sin sitt kunne skulle være ville hvis""",
    "fi": """ja on ei se että oli ovat mikä mitä missä milloin kuka kuinka miten miksi montako monta mihin mistä kenen
        minkä minä vuonna onko joka jossa kun tai kuin myös mukaan haluatko tämä ole ollut mitkä ketkä ilman
        hyvin kaikki ennen jälkeen välillä voi täytyy hänen heidän mutta jos vain enemmän sen niiden kenelle""",
    "hu": """az és hogy nem is egy van volt mi ki mikor hol hogyan miért melyik mennyi hány milyen kik mit akarja ez
        ezt vagy meg de csak minden fel el ha már még után előtt között lehet kell ők akkor mert lesz ezek azok
        kinek""",
    "tr": """ve bir bu da de için ile mi mı mu mü ne nedir kim kimdir nerede zaman nasıl kaç hangi neden olarak olan
        var değil daha çok gibi kadar sonra mısınız misiniz istiyor ki kimin nereye ama veya eğer sadece her tüm
        önce arasında olabilir gerekir onun onların kimi bunu şu""",
    "pl": """na do się nie jest to że jak co kto kiedy gdzie dlaczego ile który która które czy są był była było po od
        dla przez oraz za czym jaki jaka jakie czego chcesz tego przy ten ta bez bardzo też także każdy wszystkie
        przed między może musi jego jej ich ale lub jeśli już tylko więcej tym tej tych ma mają kogo komu skąd""",
    "cs": """na se je že to do jak co kdo kdy kde proč kolik který která které jaký jaká jaké byl byla bylo jsou není
        pro po od za ve si jako nebo chcete ze tento jste bez velmi také každý všechny před mezi může musí jeho
        její jejich ale pokud už jen více tím této těchto má mají koho komu odkud být""",
    "hr": """na je se da od za što tko kada kad gdje kako koliko koji koja koje zašto su bio bila nije iz po ne li
        želite ili ovo ovaj bez vrlo također svaki sve prije između može mora njegov njezin njihov ali ako već
        samo više ima imaju koga kome odakle biti""",
    "id": """yang dan di ke dari ini itu dengan untuk pada adalah apa siapa kapan dimana mana bagaimana berapa mengapa
        kenapa apakah siapakah kapankah dimanakah berapakah manakah tidak dalam oleh sebagai ada akan tahun nama
        anda atau juga telah tanpa sangat setiap semua sebelum sesudah antara bisa harus dapat tetapi jika hanya
        lebih saya kami mereka""",
    "sw": """ya wa na ni kwa la za cha katika je nani nini lini wapi gani ngapi vipi alikuwa ilikuwa kuwa huyu hii
        hiyo yake ipi kama au aliye ambayo mwaka upi yupi wake zipi kuna ina wangapi ilianza alizaliwa alifariki""",
    "vi": """là của và có không những các một được cho trong với này đó khi nào ai gì đâu bao nhiêu thế tại sao người
        bạn muốn""",
}  # fmt: skip
"""The small words of each language in Latin script.

For English also words that are small words elsewhere (from "come" on). Under "": parts of
names, which may stand in any language.
"""
_ALPHABETS = {
    "fi": "äö", "de": "äöüß", "es": "áéíóúüñ", "fr": "àâçéèêëîïôùûüœ", "pt": "áâãàçéêíóôõú", "it": "àèéìòù",
    "ca": "àçéèíïóòúü", "ro": "ăâîșțşţ", "nl": "éëï", "sv": "åäö", "da": "æøå", "no": "æøå", "hu": "áéíóöőúüű",
    "tr": "çğıöşüâ", "pl": "ąćęłńóśźż", "cs": "áčďéěíňóřšťúůýž", "hr": "čćđšž",
    "vi": "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
}  # fmt: skip
_LETTERS = {code: frozenset(letters) for code, letters in _ALPHABETS.items()}
"""The letters beyond a to z of each language's own words; of equals the first is taken, so Finnish before German."""
_EXPECTED = 0.3  # what the language of the context has ahead of others, in small words that no other language has
_KNOWN = 0.1  # how much a word that stands in the context speaks for its language, or one that doesn't, against it
_WORD = re.compile(r"[^\W\d_]{2,}")  # single letters are in codes and formulas, too
_SAMPLE = 20_000  # characters


def _shared() -> dict[str, tuple[list[str], float]]:
    """Each small word with its languages and its weight: the more languages have it, the less it says."""
    languages: dict[str, list[str]] = {}
    for code, listed in _SMALL_WORDS.items():
        for word in set(listed.split()):
            languages.setdefault(word, []).append(code)
    return {word: (codes, 1 / len(codes)) for word, codes in languages.items()}


_SMALL = _shared()
_OWN = _SMALL.keys() - set(_SMALL_WORDS[""].split())  # small words that are hardly ever parts of names
_IN_SCRIPT = {code: re.compile(f"[{letters}]+") for code, letters in _SCRIPTS.items()}
_OTHER_SCRIPT = re.compile(f"[{''.join(_SCRIPTS.values())}]+")


def language_of(text: str, context: str = "") -> str:
    """The language code of a text; "en" or the language of `context` if it can't be determined.

    `context`: what is likely to be in the same language, as passages are for a question.
    Words that stand in it speak for its language. The script decides, and in Latin script
    the most common words and letters.
    """
    sample = text[:_SAMPLE]
    expected = _language_alone(context[:_SAMPLE])
    if not context or expected not in _SMALL_WORDS or _by_script(sample):
        return _language_alone(sample)
    words = Counter(_WORD.findall(sample))
    return _best(expected, _scores_beside(words, expected, set(_WORD.findall(context[:_SAMPLE]))))


@lru_cache(maxsize=4)  # who asks for the language of a question asks for that of its passages, too
def _language_alone(sample: str) -> str:
    return _by_script(sample) or _best("en", _scores(Counter(_WORD.findall(sample))))


def _best(expected: str, scores: dict[str, float]) -> str:
    """The language with the highest score; the expected one, or else the first, of equals."""
    return max((expected, *scores), key=lambda code: scores.get(code, 0))


def _scores_beside(words: Counter[str], expected: str, context: set[str]) -> defaultdict[str, float]:
    """The scores of words beside a context in the expected language; its names say nothing of others."""
    names = {word.lower() for word in context if word[0].isupper()} - _OWN
    scores = _scores(Counter({word: count for word, count in words.items() if word.lower() not in names}))
    telling = {word.lower() for word in words if len(word) > 2} - _SMALL.keys()
    known = len(telling & {word.lower() for word in context})
    scores[expected] = _scores(words)[expected] + _EXPECTED + _KNOWN * (2 * known - len(telling))
    return scores


def _by_script(sample: str) -> str:
    """The language of the script that most letters are in; "" if it is the Latin one."""
    others = "".join(_OTHER_SCRIPT.findall(sample))
    if not others:
        return ""
    count = {code: sum(map(len, found.findall(others))) for code, found in _IN_SCRIPT.items()}
    count[""] = sum(map(len, _LATIN.findall(sample)))
    if count["ja"] > _KANA_SHARE * count["zh"]:
        count["ja"] += count.pop("zh")
    return max(count, key=lambda code: (count[code] * _WEIGHT.get(code, 1), code == ""))


def _scores(words: Counter[str]) -> defaultdict[str, float]:
    """For each language in Latin script, how much of the words is its small words and has its letters.

    The letters of a capitalised word say nothing: it may be a name.
    """
    scores: defaultdict[str, float] = defaultdict(float)
    for word, count in words.items():
        codes, weight = _SMALL.get(word.lower(), ((), 0))
        for code in codes:
            scores[code] += weight * count
        if not word.isascii() and word[0].islower():
            for code in _alphabets(word):
                scores[code] += count
    scores.pop("", None)
    return scores


def _alphabets(word: str) -> list[str]:
    """The languages that have all letters of a word."""
    rare = {letter for letter in word if not letter.isascii()}
    return [code for code, letters in _LETTERS.items() if rare <= letters]

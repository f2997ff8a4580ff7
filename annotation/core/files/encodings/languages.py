"""What letters languages are written with beyond a to z, and which codecs were made for them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """`letters`: those beyond ASCII, lower case. In a script of its own `common` make up most of any running text,
    `top` are the very commonest, and `share` is the least part of a text that is of the common ones. In Latin script
    `words` are common ones without other letters: they tell the language whatever the codec."""

    name: str
    letters: frozenset[str]
    common: frozenset[str] = frozenset()
    top: frozenset[str] = frozenset()
    share: float = 0.0
    words: frozenset[str] = frozenset()


def _latin(name: str, letters: str, words: str) -> Language:
    return Language(name, frozenset(letters), words=frozenset(words.split()))


def _own(name: str, letters: str, common: str, share: float) -> Language:
    top = frozenset(common[:8]) if letters else frozenset(common)
    return Language(name, frozenset(letters), frozenset(common), top, share)


WEST = (
    _latin("French", "àâæçéèêëîïôœùûüÿ", "le la les un une de du des et est pas ne que qui je il nous vous sur dans"),
    _latin("German", "äöüßé", "der die das den dem und ist nicht ein eine ich wir sie zu mit auf war sich von im es"),
    _latin("Spanish", "áéíóúüñªº", "el la los las un una de del y es no que en por para con se su me al muy lo"),
    _latin("Portuguese", "ãõáâàçéêíóôúüªº", "o a os as um uma de do da dos e que em no na por para com se muito foi"),
    _latin("Italian", "àèéìíîòóùúªº", "il lo la gli un una di del della e che non in per con si ma mi sono al le ho"),
    _latin("Swedish", "åäöéà", "en ett och att det som jag vi inte med var har den till av om kan min men"),
    _latin("Danish", "æøåéó", "en et og at det som jeg vi ikke med var har den til af om kan min men er var"),
    _latin("Finnish", "äöåé", "ja on ei se mutta oli en kun niin olen sen tai jo vain ole joka hyvin"),
    _latin("Dutch", "éèëïóêüöá", "de het een en van ik is niet dat in te op voor met was maar er zijn mijn geen"),
    _latin("Icelandic", "áéíóúýþæðö", "og er ekki en var til hann um sem af ekki vel mjög með frá"),
    _latin("Catalan", "àèéíïòóúüçñ", "el la els les un una de del i no que en per amb es molt no ha"),
    _latin("Albanian", "ëç", "dhe nuk me se i e u ka per nga por shume eshte"),
    _latin("English", "éèêïñöüçôâáó", "the a an and is was of to in for it not i my we you with on at that this they"),
)
CENTRAL = (
    _latin("Polish", "ąćęłńóśźż", "i w na nie z do to jest ale jak o po za od mi bardzo co mam tak dla przez"),
    _latin("Czech", "áčďéěíňóřšťúůýž", "a je se v na to ne z do ale jak po za od mi byl byla si jsem pro by tak nic"),
    _latin("Slovak", "áäčďéíĺľňóôŕšťúýž", "a je sa v na to nie z do ale ako po za od mi bol bola si som pre by tak"),
    _latin("Hungarian", "áéíóöőúüű", "a az egy is nem hogy de van volt meg csak ez el be ha mint kell nagyon"),
    _latin("Croatian", "čćđšž", "i u je na se da ne za od su ali kao do sam to bi ili po iz mi gdje"),
    _latin("Romanian", "ăâîșşțţ", "de la nu un o este cu pe din mai dar ce se am care pentru sunt foarte unde"),
)
BALTIC = (
    _latin("Lithuanian", "ąčęėįšųūž", "ir ne su kad bet yra buvo per tai kaip kur labai mano iki prie"),
    _latin("Latvian", "āčēģīķļņšūž", "un ir ne ar ka bet par no kur es tas man lai uz pie kas"),
    _latin("Estonian", "äöõüšž", "ja on ei see oli ma kui et aga ka nii mis kus oma ning"),
)
TURKISH = (_latin("Turkish", "çğıiöşüâîû\u0307", "ve bir bu de da ile ama ne var yok daha gibi sonra kadar en mi ki"),)
CYRILLIC = (
    _own("Russian", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "оеаинтсрвлкмдпу", 0.68),
    _own("Ukrainian", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя’", "оанивіетрстклдмуп", 0.66),
    _own("Bulgarian", "абвгдежзийклмнопрстуфхцчшщъьюя", "аиоетнрсвлкпдзм", 0.68),
    _own("Serbian", "абвгдђежзијклљмнњопрстћуфхцчџш", "аоиенрстјудкмпв", 0.68),
)
GREEK = (_own("Greek", "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ", "αοιετνσηρκπμλυάίόέςω", 0.74),)
HEBREW = (_own("Hebrew", "אבגדהוזחטיךכלםמןנסעףפץצקרשת", "יוהלאמתרבשםנח", 0.66),)
ARABIC = (
    _own("Arabic", "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيًٌٍَُِّْـ", "اليمنورتبعدةهسف", 0.66),
    _own("Persian", "ءآأؤئابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیكيـ", "انیيردهمتوبسشلکك", 0.66),
)
THAI = (
    _own(
        "Thai", "".join(map(chr, [*range(0x0E01, 0x0E3B), *range(0x0E3F, 0x0E5C)])),
        "านรกอเงวมยทลลีต่สดห้ปคบพิแจไัะช็ใขโำู", 0.7,
    ),
)  # fmt: skip
CHINESE = (
    _own(
        "Chinese", "",
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
        "用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实"
        "日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政"
        "美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员"
        "解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件"
        "计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象"
        "完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运货款退快差"
        "坏服店客户订单价格送买卖用质量差评错误登录密码付慢谢请号找收钱换修吗呢吧啊哦嗯喜欢不错推荐失望",
        0.5,
    ),
    _own(
        "Chinese (traditional)", "",
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡裏"
        "用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實"
        "日軍者意無力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政"
        "美相見被利什二等產或新己制身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員"
        "解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件"
        "計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光放強即像難且權思王象"
        "完設式色路記南品住告類求據程北邊死張該交規萬取拉格望覺術領共確傳師觀清今切院讓識候帶導爭運貨款退快差"
        "壞服店客戶訂單價送買賣質評錯誤登錄密碼付慢謝請號找收錢換修嗎呢吧啊哦嗯喜歡推薦失望",
        0.5,
    ),
)  # fmt: skip
KANA = "".join(map(chr, [*range(0x3041, 0x3094), *range(0x30A1, 0x30F7)])) + "ー々"
JAPANESE = (_own("Japanese", "", KANA, 0.4),)
KOREAN = (
    _own(
        "Korean", "",
        "이다는에을의고하가지한를기도사어은로아나그리서시자인대니정해전일수있것들구부제상장라요보만게주습과"
        "원여스면으안비했성동모세우신경소문와공관조러오까년무화마생선거내물계미적개위당방음저야금치용중때된"
        "겠합좋않아요없너배송품질문의환불결제로그인오류감사합니다빠르늦아주별매우추천실망최고입니",
        0.55,
    ),
)  # fmt: skip

# In the order of preference among codecs that read a file alike.
CODECS: dict[str, tuple[Language, ...]] = {
    "cp1252": WEST, "cp1250": CENTRAL, "iso8859-2": CENTRAL, "cp1254": TURKISH, "cp1257": BALTIC,
    "iso8859-15": WEST, "mac-roman": WEST, "cp850": WEST, "cp852": CENTRAL, "iso8859-9": TURKISH,
    "iso8859-13": BALTIC, "cp1251": CYRILLIC, "koi8-r": CYRILLIC, "koi8-u": CYRILLIC, "cp866": CYRILLIC,
    "iso8859-5": CYRILLIC, "cp1253": GREEK, "iso8859-7": GREEK, "cp1255": HEBREW, "iso8859-8": HEBREW,
    "cp1256": ARABIC, "iso8859-6": ARABIC, "cp874": THAI, "gb18030": CHINESE, "big5": CHINESE,
    "cp932": JAPANESE, "euc-jp": JAPANESE, "cp949": KOREAN,
}  # fmt: skip

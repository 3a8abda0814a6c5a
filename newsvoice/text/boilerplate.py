"""What stands in an article's file and is not its prose: bylines, captions, credits, site furniture.

Every pattern must match a whole block, so that a sentence which merely mentions a photograph stays.
A block wrongly kept costs one odd sentence; a block wrongly set aside costs a reader a sentence, so the
patterns are narrow, and most refuse a block that ends like a sentence. Set aside means marked: the block
stays in the article's record.
"""

import re

# Characters; the longest captions run to about 80 words.
LONGEST = 600

_NAME = r"(?:[A-Z][\w.'’-]*|de|van|von|der|al|bin|la|and|&)"
_NAMES = rf"{_NAME}(?:[,;|]?\s+{_NAME}){{0,9}}"
_PLACE = rf"(?:\s+in\s+{_NAME}(?:,?\s+{_NAME}){{0,3}})?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
# Some text that does not end like a sentence.
_LOOSE = r"(?:[^.!?\n]|[.](?=\w)|\b[ap]\.m\.)"

_PATTERNS = (
    # Bylines: "By Ada Low", "BY ADA LOW AND BO LIN, Staff Writers", "Ada Low, health reporter".
    rf"(?:By|BY|BYLINE:|Words:|Text:)\s+{_NAMES}{_PLACE}(?:\s?[,|–—-]{_LOOSE}{{0,60}})?",
    rf"{_NAMES},? [\w -]{{0,30}}(?:[Cc]orrespondent|[Rr]eporter|[Ee]ditor|[Cc]olumnist|[Ww]riter){_PLACE}",
    rf"(?:{_NAME}\s+){{2,4}}is (?:a|an|the) [^.]{{0,60}}(?:reporter|correspondent|columnist|editor|writer|freelance|author of|"
    r"fellow|professor|lecturer)[^.]{0,120}\.?",
    rf"(?:{_NAME}\s+){{2,4}}(?:reported from|contributed (?:reporting )?from) {_NAMES}\.?|"
    rf"{_NAMES} contributed (?:to this (?:report|story|article)|reporting)\.?",
    rf"\(?(?:(?:Additional|Further) )?(?:[Rr]eport(?:ing|ed)?|[Ww]riting|[Ee]diting|[Cc]ompiled|[Ii]nterview|[Rr]eview(?:ed)?|[Aa]nalysis|"
    r"[Pp]hotography|[Pp]hotographs?|[Gg]raphics?|[Vv]ideo|[Ii]llustrations?|Rolling coverage|Live coverage|As told to) (?:by|with) "
    rf"{_NAMES}{_PLACE}(?:[;,]? (?:and )?(?:(?:[Aa]dditional )?[Rr]eporting|[Ww]riting|[Ee]diting) by {_NAMES}{_PLACE})*\.?\)?",
    r"(?:News [Aa]nalysis|NEWS ANALYSIS|ANALYSIS|Analysis|OPINION|Opinion|EDITORIAL|Editorial|COMMENT|Comment|"
    r"More follows(?: shortly)?|Staff (?:and agencies|reporter|report)|[A-Z]\w+ (?:staff|Staff))\.?",
    # Captions and credits: "FILE PHOTO: …", "Photo by Ada Low", "… via Getty Images".
    r"(?:FILE PHOTO|File photo|Photos?|PHOTO|Picture|Image|Caption|Photograph|Pictured|Illustration|Graphic|Video|Watch|Listen)"
    r"(?: credits?)?\s?:.{0,400}",
    rf"(?:Photo|Picture|Image|Photograph|Video|Illustration)s? (?:by|courtesy of) {_NAMES}(?:\s?[/|–—-]\s?{_NAMES})?",
    rf".{{0,300}}(?:(?:via|/|\||–|—|-) ?Getty Images|/AFP|\bAP Photo|AFP/[\w /]+|REUTERS/[\w ./-]+|/Alamy|"
    rf"[.!?”\"] Photo(?:graph)? by {_NAMES}|\(Photo(?: by|:)[^)]*\)|\((?:Picture|Image|Photograph|Credit):[^)]*\)|"
    r"Photo(?:graph)?: [\w ./-]+|Credit: [\w ./-]+|\bSupplied photo)\.?|Getty Images",
    # Site furniture.
    r"(?:ADVERTISEMENT|Advertisement|Advertising|SPONSORED|Sponsored(?: content)?|PROMOTED|Promoted)\.?",
    rf"(?:Read|See|Click|Find out|Learn|Show|READ|SEE) (?:more|also|here|MORE|ALSO)(?:\s?:.{{0,160}}|\s(?:about|on|from|in|at|to|for)\s{_LOOSE}{{0,120}}|\.|…)?",
    r"(?:Related|RELATED|More (?:on|from)|MORE|Also (?:read|in)|Most read|Recommended|Trending|Topics?|Tags?|Filed under)\s?:.{0,200}",
    r"(?:Related|More|Recommended|Most read|Trending|Share|Comments?|Print|Email|Save|Follow|Subscribe|Menu|Home)",
    r"(?:Share|Tweet|Print|Email|Save) this(?: \w+)?\.?|(?:Follow|Like|Support|Join) us\b.{0,120}|Follow @\w.{0,80}|"
    rf"(?:Subscribe|Sign up|Sign in|Log in|Register) (?:to|for|now|here|today)\b{_LOOSE}{{0,120}}\.?|Download (?:the|our) {_LOOSE}{{0,60}}app\b.{{0,40}}",
    r"(?:Follow|Email|E-mail|Contact|Write to|Tel|Phone|Media contact|Press contact|Got a tip\?|Have a tip\?|Know (?:a|something|more)[^?]{0,60}\?|"
    r"Letters|Tips|Corrections).{0,100}(?:\S+@\S+|\s@\w+|\+?\d[\d ()-]{6,}\d).{0,80}",
    r"(?:Got|Have) (?:a tip|a story|news)[^?]{0,60}\?.{0,80}|Know something\?.{0,60}",
    r"(?:Media|Press|Editorial|For more information,?|Further information)?\s?[Cc]ontacts?:.{0,250}",
    rf"(?:Published|Updated|Posted|Last (?:updated|modified)|First published|Modified)\b:?[^.!?\d]{{0,14}}\d{_LOOSE}{{0,60}}",
    r"(?:Source|SOURCE|Sources): ?.{2,120}",
    r"(?:©|\(c\)).{0,160}|Copyright (?:©|\(c\))? ?\d{4}.{0,120}|.{0,80}All rights reserved\.?",
    r"Video Player Close|Skip to .{2,30}|Loading(?:\.\.\.|…)|Continue reading.{0,60}|Story continues below.{0,60}|- ?(?:ENDS|Ends) ?-|ENDS|###",
    r"This (?:article|summary|story|report|piece|post|interview|transcript) (?:(?:was|has been|is) (?:(?:originally|first) published (?:in|on|by|at)|"
    r"(?:automatically )?generated|(?:updated|corrected|amended)|(?:lightly )?edited (?:for|and)|part of (?:a|our) series))\b.{0,200}",
    r"[\w.+-]+@[\w-]+\.[\w.]+|https?://\S+|@\w+",
    # A dateline, a date or a live blog's clock with nothing after it.
    rf"[A-Z][A-Z .,'’-]{{2,40}},? {_MONTH} \d{{1,2}}(?:, \d{{4}})? ?[-–—]{{0,2}}|{_MONTH} \d{{1,2}} \([A-Z]{{2,6}}\)",
    rf"(?:[A-Z][\w.'’-]*,? ){{1,5}}{_MONTH} \d{{1,2}}(?:, \d{{4}})? \([A-Z][\w ]*\) ?[-–—]{{0,2}}",
    rf"(?:{_DAY},? )?(?:\d{{1,2}} {_MONTH}|{_MONTH} \d{{1,2}}),? \d{{4}}(?:[,|] ?[\d:. apmAPMGTESDC]+)?",
    r"[A-Z][A-Z .'’-]{2,30} ?[-–—]{1,2}|[A-Z][A-Z .'’-]{2,30} \([A-Z][\w ]{1,20}\) ?[-–—]{1,2}",
    r"\d{1,2}[.:]\d\d ?(?:[ap]\.?m\.?)?(?: ?[A-Z]{2,4})?",
    # An exchange rate: ($1 = 6.948 yuan).
    r"\([^)]{0,3}[\d.,]+ ?\w* = [^)]{1,60}\)",
    # Rules, images, table rows, stray marks without a word.
    r"[-–—*_•·~=\s]+|!\[[^\]]*\]\([^)]*\)|\|.*\||\W{1,5}",
)
_BOILERPLATE = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.S)


def is_boilerplate(passage: str) -> bool:
    """Say whether a whole block is site furniture rather than prose."""
    passage = passage.strip()
    return len(passage) <= LONGEST and _BOILERPLATE.fullmatch(passage) is not None

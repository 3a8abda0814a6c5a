"""What stands in an article's file and is not its prose: bylines, captions, credits, site furniture.

Every pattern must match a whole block, so that a sentence which merely mentions a photograph stays.
A block wrongly kept costs one odd sentence; a block wrongly set aside costs a reader a sentence, so the
patterns are narrow. Set aside means marked: the block stays in the article's record.
"""

import re

# Characters; the longest captions run to about 80 words.
LONGEST = 600

_NAME = r"(?:[A-Z][\w.'’-]*|de|van|von|der|al|bin|la|and|&|in|at)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"

_PATTERNS = (
    # By Ada Low; BY ADA LOW AND BO LIN, Staff Writers; Words: Ada Low
    rf"(?:By|BY|BYLINE:|Words:|Text:)\s+(?:{_NAME}[,;|]?\s*){{1,8}}(?:[,|–—-].{{0,60}})?",
    # Ada Low is a reporter in Oslo. / Ada Low reported from Oslo.
    rf"(?:{_NAME}\s+){{2,4}}(?:is (?:a|an|the) [^.]{{0,60}}(?:reporter|correspondent|columnist|editor|writer|"
    r"freelance|author of|fellow|professor|lecturer)[^.]{0,120}|reported from [^.]{2,60}|contributed (?:to this|reporting)[^.]{0,60})\.?",
    rf"(?:{_NAME},? ){{2,5}}[\w -]{{0,30}}(?:[Cc]orrespondent|[Rr]eporter|[Ee]ditor|[Cc]olumnist|[Ww]riter)(?: in {_NAME}(?: {_NAME})?)?",
    r"(?:Interview|Report|Reported|Reviewed|Review|Analysis|Compiled|Rolling coverage|Live coverage|As told to)"
    rf"(?: (?:by|with))? (?:{_NAME}[,;|]?\s*){{2,10}}",
    r"(?:News [Aa]nalysis|NEWS ANALYSIS|ANALYSIS|Analysis|OPINION|Opinion|EDITORIAL|Editorial|COMMENT|Comment|Letters to the [Ee]ditor|"
    r"More follows(?: shortly)?|Staff (?:and agencies|reporter|report)|[A-Z]\w+ (?:staff|Staff))\.?",
    # A live blog's clock.
    r"\d{1,2}[.:]\d\d ?(?:[ap]\.?m\.?)?(?: ?[A-Z]{2,4})?",
    r"This (?:article|summary|story|report|piece|post|interview|transcript) (?:was|has been|is) (?:originally |first |automatically |"
    r"lightly )?(?:generated|produced|published|created|written|edited|updated|corrected|amended|part of|adapted)\b.{0,200}",
    r"(?:Got|Have|Know) (?:a tip|something|a story|news)\b.{0,120}",
    # An exchange rate: ($1 = 6.948 yuan).
    r"\([^)]{0,3}[\d.,]+ ?\w* = [^)]{1,60}\)",
    r"(?:Additional |Further )?(?:Reporting|Writing|Editing|Compiled|Photograph(?:y|s)?|Graphics?|Video|Illustrations?)"
    r"\s+(?:by|for)\s.{2,160}",
    r"\(?(?:Reporting|Writing|Editing) by .{2,200}\)?",
    # FILE PHOTO: …; Photo: …; Image credit: …; Pictured: …
    r"(?:FILE PHOTO|File photo|Photos?|PHOTO|Picture|Image|Caption|Photograph|Pictured|Illustration|Graphic|Video|Watch|Listen)"
    r"(?: credits?)?\s?(?::|by\b|courtesy\b).{0,400}",
    r".{0,300}(?:via Getty Images|Getty Images|/AFP|AP Photo|AFP/[\w /]+|REUTERS/[\w ./-]+|/Alamy|[.!?”\"] Photo(?:graph)? by [\w .'’-]+|\(Photo(?: by|:)[^)]*\)|"
    r"\((?:Picture|Image|Photograph|Credit):[^)]*\)|Photo(?:graph)?: [\w ./-]+|Credit: [\w ./-]+|Supplied photo)\.?",
    r"(?:ADVERTISEMENT|Advertisement|Advertising|SPONSORED|Sponsored(?: content)?|PROMOTED|Promoted)\.?",
    r"(?:Read|See|READ|SEE|Click|Find out|Learn|Show) (?:more|also|MORE|ALSO|here|next)\b.{0,160}",
    r"(?:Related|RELATED|More (?:on|from)|MORE|Also (?:read|in)|Most read|Recommended|Trending|Topics?|Tags?|Filed under)\s?:.{0,200}",
    r"(?:Related|More|Recommended|Most read|Trending|Share|Comments?|Print|Email|Save|Follow|Subscribe|Menu|Home)",
    r"(?:Share|Tweet|Follow|Subscribe|Sign up|Sign in|Log in|Join us|Download|Support|Like) (?:this|us|to|on|for|our|now|in|@)\b.{0,160}",
    r"(?:Follow|Email|E-mail|Contact|Write to|Tel|Phone|Media contact|Press contact|Contact(?: line)?)\b[^.!?]{0,60}[@+\d].{0,160}",
    r"(?:Media|Press|Editorial|For more information,?|Further information)?\s?[Cc]ontacts?:.{0,250}",
    r"(?:Letters|Tips|Corrections)(?: and comments)? (?:to|can be sent to|may be sent to)\b.{0,80}@.{0,80}",
    r"(?:Published|Updated|Posted|Last (?:updated|modified)|First published|Modified)\b:?.{0,12}\d.{0,60}",
    r"(?:Source|SOURCE|Sources): ?.{2,120}",
    r"(?:©|\(c\)|Copyright\b).{0,160}|.{0,80}All rights reserved\.?",
    r"Video Player Close|Skip to .{2,30}|Loading(?:\.\.\.|…)|Continue reading.{0,60}|Story continues below.{0,60}|- ?(?:ENDS|Ends) ?-|ENDS|###",
    r"[\w.+-]+@[\w-]+\.[\w.]+|https?://\S+|@\w+",
    # A dateline or a date with nothing after it.
    rf"(?:[A-Z][\w.'’-]*,? ){{1,5}}{_MONTH} \d{{1,2}}(?:, \d{{4}})? \([A-Z][\w ]*\) ?[-–—]{{0,2}}",
    rf"[A-Z][A-Z .,'’-]{{2,40}},? {_MONTH} \d{{1,2}}(?:, \d{{4}})? ?[-–—]{{0,2}}|{_MONTH} \d{{1,2}} \([A-Z]{{2,6}}\)",
    rf"(?:{_DAY},? )?(?:\d{{1,2}} {_MONTH}|{_MONTH} \d{{1,2}}),? \d{{4}}(?:[,|] ?[\d:. apmAPMGTESDC]+)?",
    r"[A-Z][A-Z .'’-]{2,30} ?[-–—]{1,2}|[A-Z][A-Z .'’-]{2,30} \([A-Z][\w ]{1,20}\) ?[-–—]{1,2}",
    r"[-–—*_•·~=\s]+",
    r"!\[[^\]]*\]\([^)]*\)",
    # A table row, or a stray mark without a word.
    r"\|.*\|",
    r"\W{1,5}",
)
_BOILERPLATE = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.S)


def is_boilerplate(passage: str) -> bool:
    """Say whether a whole block is site furniture rather than prose."""
    passage = passage.strip()
    return len(passage) <= LONGEST and _BOILERPLATE.fullmatch(passage) is not None

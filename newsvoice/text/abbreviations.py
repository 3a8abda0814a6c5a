"""What news copy abbreviates with a full stop, by how the stop behaves."""

import re
from typing import Final

# A name or number follows, so the stop never ends a sentence.
BEFORE_NAME: Final = frozenset(
    (
        "mr mrs ms mx messrs dr prof gov sen sens rep reps gen lt col maj capt cmdr cmndr adm sgt cpl pvt pfc brig "
        "spc supt det insp ss rev fr msgr hon amb pres treas atty asst dep vs v approx ca cf "
        "e.g i.e viz"
    ).split()
)
# A number follows, or the stop ended a sentence: "No. 10", "She said no."
BEFORE_NUMBER: Final = frozenset(("no nos art arts sec fig figs p pp vol para ch").split())
# The stop may end the sentence as well as the word; what follows decides.
EITHER: Final = frozenset(
    (
        "st ste mt ft bros jr sr esq etc dept univ assn est ave blvd rd hwy sq al jan feb mar apr jun jul aug sept sep oct nov "
        "dec mon tue tues wed thu thur thurs fri sat sun ala ariz ark calif colo conn del fla ga ill ind kan "
        "ky la mass md mich minn miss mo mont neb nev okla ore pa penn tenn tex va vt wash wis wyo me alta "
        "ont que sask ph.d m.d b.a m.a d.phil ll.b r.i.p"
    ).split()
)
# A company's name ends here, and the sentence mostly with it; unless a title follows ("Sixt Corp. President Ada Low").
COMPANY: Final = frozenset(["inc", "corp", "ltd", "co", "llc", "plc"])
AFTER_COMPANY: Final = frozenset(
    (
        "chief ceo cfo coo president vice chairman chairwoman chair chairperson executive director spokesman "
        "spokeswoman spokesperson founder co-founder owner chapter v vs shares stock employees workers and of"
    ).split()
)
# U.S., D.C., a.m., N.Y.: letters each with a stop.
DOTTED: Final = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]", re.UNICODE)
CLOCK: Final = frozenset({"a.m", "p.m"})
AFTER_CLOCK: Final = frozenset(
    (
        "mon tues wednes thurs fri satur sun monday tuesday wednesday thursday friday saturday sunday january "
        "february march april may june july august september october november december et est edt pt pst pdt "
        "ct cst cdt mt mst mdt gmt bst cet cest utc ist jst eastern pacific central mountain greenwich local "
        "jan feb mar apr aug sept oct nov dec"
    ).split()
)

# Words that begin sentences far more often than they follow an abbreviation inside one.
STARTERS: Final = frozenset(
    (
        "the a an this that these those it its he she they we i you his her their our my your there here who "
        "what when where why how which but and or nor so yet for if as at by in on of to from with without "
        "after before since until while although though because unless whether despite during under over "
        "between among across about against no not never one two some many most more all both each every "
        "other another such several few only even still also then now today yesterday tomorrow later last "
        "next however meanwhile moreover indeed instead perhaps asked speaking once just according were was "
        "is are has have had do does did can could will would should may might must let"
    ).split()
)
# After "U.S." across a paragraph break these carry the name on: a layout broke the line, not the writer.
AFTER_COUNTRY: Final = frozenset(
    (
        "president vice senator sen senate rep representative representatives house congress congressman "
        "congresswoman secretary treasury state department supreme court attorney district circuit ambassador "
        "army navy air marine marines coast military special trade federal fed central defense defence "
        "justice commerce energy homeland customs immigration border secret intelligence embassy consulate "
        "government administration officials official dollar dollars treasuries steel open geological census "
        "bureau food environmental securities agency postal capitol chamber"
    ).split()
)

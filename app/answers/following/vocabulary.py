"""The words by which rules tell what a question is about. English; other languages pass through unchanged."""


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


AUXILIARIES = _words(
    """
    is are was were be been being am do does did done can could will would shall should may might must has have had
    isn't aren't wasn't weren't don't doesn't didn't can't couldn't won't wouldn't shouldn't hasn't haven't hadn't
    """
)
ASKING = _words("what which who whom whose when where why how")
DEMANDING = _words(
    """
    tell give show explain describe list name compare find any anything and but so or then same please also ok okay
    well the in for
    """
)
GRAMMAR = _words(
    """
    a an the of in on at for to from by with without about into over under as than then so and or but if not no out
    up there here it its it's they them their theirs this that these those he him his she her hers i me my we us our
    you your one ones some any all each every both more most other others another same such much many long often far
    old only during after before between because while s just very too also ever yet still already again himself
    herself themselves itself next per via vs versus either neither nor whether through until upon off against
    around within myself yourself ourselves what's that's who's isn't i'm i'd i've you'd anyone someone everyone
    today now later first last less least few since besides ok okay else
    """
)
CHAT = _words(
    """
    tell know describe explain give show list mean happen happened happens please get got getting make made go going
    anything something everything interesting article aspects aspect information thing things like want need say
    said find called happening look works work see let thanks thank hello hi detail details talk learn wondering
    curious recommend suggest compare discuss name believe think maybe sure really actually oh ah wow woah cool
    great nice thats rather indeed interested summarize elaborate expand vague specific different various
    """
)
PLAIN = AUXILIARIES | ASKING | GRAMMAR | CHAT

# A noun that ends a question's subject is often followed by one of these: "how does the tide | affect …".
VERBS = _words(
    """
    accept affect allow apply approve arrive ask attend become begin believe belong break bring build buy call cause
    change charge choose claim collaborate come compare contain contribute cost count cover create cure cut deal
    decide deliver depend develop die differ do eat end enter evolve exist expire fail fall feel file fill find
    finish fit fix follow form function gain give go grow handle happen help hold improve include increase influence
    integrate keep kill last lead learn leave let live look lose marry mean measure meet move need occur offer open
    originate own participate pay perform play prevent produce protect provide pursue reach receive record reduce
    refer relate release relieve remain remove renew report require return run sell send serve set show sign sing
    spread spend start stay stop study submit suffer support survive take taste teach tell think tour train transfer
    travel treat try turn act assist debut divorce enable graduate involve join prompt star understand use visit
    vote wait want wear win work write
    """
)
# The same after "is": "how are red blood cells | created", "why is it | important".
PREDICATES = _words(
    """
    available bad bigger cheaper common dangerous different difficult easy effective ethical expensive faster famous
    good hard healthy high important interesting known large legal likely low mandatory necessary notable needed
    obligatory okay optional popular possible reliable required responsible right safe safer significant similar
    successful tall true valid worse wrong better best made built found born held kept paid sent sold spent taught
    written given taken begun broken chosen driven drawn grown seen shown spoken thrown worn put set cut run
    """
)
# A noun that is always of something: asked for alone, it is of what was spoken of before.
RELATIONAL = _words(
    """
    advantage advantages alternative alternatives amount application applications approval author authors background
    basis benefit benefits capital cause causes characteristic characteristics climate component components
    condition conditions consequence consequences cost costs creator criteria cure currency cycle deadline
    definition details diet difference differences disadvantage disadvantages diagnosis drawback drawbacks duration
    effect effects example examples exception exceptions experience fee fees feature features finding findings form
    forms founder founders function functions goal goals habitat health highlight highlights history impact impacts
    importance ingredient ingredients job kind kinds layer layers legacy length life limit limitation limitations
    limits main location maximum meaning measure measures member members method methods minimum name names number
    odds option options origin origins outcome outcomes owner part parts penalties penalty population possibility
    practices price prices principle principles procedure procedures process prognosis properties pros purpose
    purposes rate rates reason reasons requirement requirements restriction restrictions result results reward
    rights risk risks role roles root roots rule rules salary schedule side sign signs significance similarities
    similarity size source sources stage stages statistics status step steps structure success symptom symptoms
    technique techniques term terms theme themes title treatment treatments type types use uses value varieties
    variety vaccine version versions weakness weaknesses effectiveness popularity
    """
)
PERSONS = _words("he him his she her hers")
PLURALS = _words("they them their theirs")
THINGS = _words("it its it's")
PREPOSITIONS = _words("of in on at for to from by with about under")
POINTERS = _words("this that these those")
OWNING = _words("his her their its")
# Nouns that stand for whatever was spoken of: "that policy", "during this time".
# Who does something, or how much of it: seldom what a question is about.
GENERIC = _words(
    """
    people person someone employee employees staff company companies user users customer customers team day days
    hour hours week weeks month months year years minutes euros dollars percent lot lots number example way ways
    kind place places bit fact point time times
    """
)
TIMES = _words("time period year season day era decade point moment month week")
MORE = _words("else other others another more additional further")
# Capitalised without being a name.
NOT_NAMES = _words(
    """
    born late early while although after before during since despite however according i i'm january february march
    april may june july august september october november december monday tuesday wednesday thursday friday saturday
    sunday english american british german french european north south east west yes no ok
    """
)

"""The phrases by which texts give orders to a language model, each with a score that says how sure it is.

Every pattern is bounded: it looks a few words ahead within one sentence, so that the time grows with the text alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.safety.findings import InstructionKind as Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """`hints`: a text without any of these, in small letters, cannot match; `also`: nor one without any of these.

    Looking for them is cheap (`hints.py`).
    """

    kind: Kind
    score: float
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    also: tuple[str, ...] = ()


# Up to so many other words of the same sentence.
_FEW = r"(?:[\s,;:'\"*_-]+[\w'\u2019]+){0,%d}?[\s,;:'\"*_-]+"
_NEAR = _FEW % 3
# Misspelt on purpose or not.
_ORDERS = (
    r"(?:(?:i\w{0,3}n?str\w{0,2}ct?\w?i?ons?|instructi\w*|directi(?:ve|on)s?|prompts?|guidelines?|rules|commands?"
    r"|training|programming|constraints?|restrictions|guardrails|polic(?:y|ies)|context|messages?|filters)\b)"
)
_EARLIER = (
    r"(?:previous(?:ly)?|prior|above|earlier|preceding|former|foregoing|original|initial|existing|current|other|old"
    r"|system|developer|safety|past|all|any|every|your|the|these|those)"
)
_SURELY_EARLIER = r"(?:previous(?:ly)?|prior|above|earlier|preceding|foregoing|original|initial|system|developer|your)"
_DROP = (
    r"(?:ign[o0]re|disregard|f[o0]rget|override|overrule|bypass|neglect|discard|abandon|drop|dismiss|circumvent"
    r"|do\s+not\s+(?:follow|obey)|don[\u2019']?t\s+(?:follow|obey)|stop\s+following)"
)
_MODEL = (
    r"(?:(?:an?|the|my|this|any|all)\s+)?(?:(?:helpful|virtual|digital|smart|large)\s+)?"
    r"(?:a\.?i\.?(?:\s+(?:assistant|model|system|agent|bot|language\s+model))?|language\s+model|llms?|chat\s?bots?|"
    r"chatgpt|gpt-?\d?\w*|claude|gemini|copilot|llama|assistant)"
)
_REPLY = r"(?:response|reply|answer|output|completion|summary|replies|answers|responses)"
# What nobody asks of a colleague's reply, and what people do ask for.
_TWIST = (
    r"(?:integrate|incorporate|embed|enhance|augment|modify|alter|change|convert|replace|remove|rearrange|reverse|"
    r"misspell|scramble|encode|render|substitute|group|introduce|inject|anagram|swap|transform|shuffle|jumble|combine|"
    r"merge|spell|advertise|promote|translate|weave|blend|infuse|supplement|exchange|switch|sprinkle|randomly|"
    r"intentionally|deliberately|split|break)"
)
_ADD = (
    r"(?:add|append|include|insert|begin|start|end|conclude|finish|prefix|preface|provide|write|give|deliver|present|"
    r"craft|make|use|attach|mention|suggest|recommend|state|say|express|hint|apply|employ|close|return|print|encourage|"
    r"invite|omit|offer)"
)
_ADDED = (
    r"(?:sentence|statement|paragraph|headline|link(?:ing|s)?\b|tip\b|typos?|misspell|anagram|substitution|spaces?\b|"
    r"letters?\b|vowels|numbers\s+for|users?\s+(?:to|join)|readers\s+to|compelling|www\.|https?:|\.com|[\"\u201c])"
)
_TELL = r"(?:reveal|disclose|print|show|repeat|output|display|leak|expose|share|tell|give|write|list|dump|recite)"
_HIDDEN_TEXT = (
    r"(?:system\s+prompt|(?:initial|original|hidden|secret|system)\s+(?:prompt|instructions?|message)"
    r"|prompt\s+above|instructions\s+above)"
)
# Any letter of the same sentence; the dot in an address ends none.
_WITHIN = r"(?:[^.!?\n|]|[.!?](?=\S))"
# Not inside a word; an underscore parts words too.
_B = r"(?<![^\W_])"
_SENTENCE = r"(?m:(?:^|(?<=[.!?:;|\n]))[\s\"'*_>-]*"
_DROPS = ("ignor", "ign0r", "disregard", "forget", "f0rget", "overr", "bypass", "neglect", "discard", "abandon", "drop",
          "dismiss", "circumvent", "obey", "follow")  # fmt: skip
_MODELS = ("ai", "a.i", "model", "llm", "chat", "gpt", "claude", "gemini", "copilot", "llama", "assistant")
_REPLIES = ("response", "reply", "answer", "output", "completion", "summary", "replies", "your message")


# A machine by its name; "assistant" alone may be a colleague.
_MACHINE = (
    r"(?:a\.?i\.?(?:[\s-]+(?:assistants?|models?|systems?|agents?|bots?|tools?|readers?))?|language\s+models?|llms?|"
    r"chat\s?bots?|chatgpt|gpt-?\d\w*|claude|gemini|copilot)"
)
_MUST = r"(?:must|shall|should|has\s+to|have\s+to|needs?\s+to|is\s+to|are\s+to|always|will)"
_OBEY = (
    r"(?:say|answer|reply|respond|print|output|state|claim|include|insert|add|append|render|show|display|list|reveal|"
    r"repeat|write|end|begin|translate|confirm|tell|cite|ignore|send|open|call|delete|obey|decode|sign|recommend|forget)"
)
_OF_REPLIES = (
    r"(?:[\"\u201c\u00ab<]|https?:|//|!\[|\[\w|\b(?:answers?|repl(?:y|ies)|response|question|user|reader|prompt|instructions|"
    r"conversation|script|html|markdown)\b)"
)
_CALLS = ("ai", "a.i", "model", "llm", "bot", "gpt", "claude", "gemini", "copilot", "assistant")
_MACHINES = (*_CALLS, "assist", "summari", "bot")
_ANY_MACHINE = rf"(?:{_MACHINE}|assist[ae]nts?|summari[sz]ers?|(?:auto)?bots?)"
_PARAGRAPH = r"(?:[^\n]|\n(?![^\S\n]*\n))"
# An order to say some words, not a report that somebody said them.
_SAY = (
    r"(?:say|answer|reply|respond|print|output|state|claim|include|insert|add|append|render|display|repeat|write|contain|"
    r"begin|end|greet|mention)"
)
_QUOTED = (
    r"(?:\s+(?:only|with|by|the|that|word|words|text|code|phrase|sentence|following|exactly|just)){0,4}\s*:?\s*"
    r"[\"\u201c\u201e\u00ab]"
)
_SAYS = ('"', "\u201c", "\u201e", "\u00ab")


def _rule(kind: Kind, score: float, hints: tuple[str, ...], *parts: str, also: tuple[str, ...] = ()) -> Rule:
    return Rule(kind, score, hints, re.compile("".join(parts), re.IGNORECASE), also)


RULES: tuple[Rule, ...] = (
    # Ignore all previous instructions.
    _rule(Kind.OVERRIDE, 0.97, _DROPS, rf"{_B}{_DROP}{_NEAR}{_SURELY_EARLIER}{_NEAR}{_ORDERS}"),
    _rule(Kind.OVERRIDE, 0.9, _DROPS, rf"{_B}(?:ignore|disregard|forget)\s+(?:all|any|every)\s+(?:of\s+)?"
                                      rf"(?:the\s+|these\s+|those\s+)?{_ORDERS}"),
    _rule(Kind.OVERRIDE, 0.95, _DROPS, rf"{_B}{_DROP}\s+(?:all|any|every|everything|what(?:ever)?)?\s*(?:of\s+)?"
                                       rf"{_EARLIER}?{_NEAR}you\s+(?:have\s+been|were|are|had\s+been)\s+"
                                       r"(?:told|given|instructed|taught)"),
    _rule(Kind.OVERRIDE, 0.85, _DROPS, rf"{_B}{_DROP}\s+everything\s+(?:above|before\s+this|that\s+came\s+before|"
                                       r"said\s+(?:above|before))"),
    _rule(Kind.OVERRIDE, 0.6, ("above",), rf"{_B}(?:ignore|disregard|forget)\s+(?:all\s+(?:of\s+)?)?the\s+above"),
    _rule(Kind.OVERRIDE, 0.85, ("instruction",),
          rf"{_B}(?:new|updated|real|actual|following)\s+(?:system\s+)?instructions?\s*"
          r"(?:(?:are|is)\s+as\s+follows|supersede|override|take\s+precedence)"),
    _rule(Kind.OVERRIDE, 0.9, ("strictly",),
          rf"{_B}strictly\s+(?:adhere\s+to|follow)\s+the\s+following\s+instructions?"),
    _rule(Kind.OVERRIDE, 0.85, ("ignor", "disregard", "forget"),
          rf"{_B}(?:ignore|disregard|forget)\s+(?:the|this|that|all)\s+(?:\w+\s+){{0,3}}(?:and|instead|then)\s+"
          r"(?:just\s+|only\s+|simply\s+)?(?:state|say|output|print|reply|respond|answer|write|return|claim)\b"),
    _rule(Kind.OVERRIDE, 0.9,
          ("ignor", "olvid", "oubli", "vergiss", "vergessen", "dimentic", "esque", "missacht", "desconsider",
           "n\u00e9glig"),
          rf"{_B}(?:ignor(?:a|e|ez|iere|ieren\s+sie|iert)|olvid(?:a|e)|oublie[zr]?|vergiss|vergessen\s+sie|dimentica|"
          r"esque[c\u00e7]a|missachte|desconsidere|n\u00e9glige[zr]?)\s+(?:\S+\s+){0,3}?(?:instrucci\w+|instru\u00e7\w+|"
          r"anweisungen|istruzioni|consignes|instructions|\u00f3rdenes|indicaciones)"),
    _rule(Kind.OVERRIDE, 0.9, ("negeer", "vergeet", "zignor", "zapomnij", "ignorera",
          "ignorer", "gl\u00f6m", "ohita", "yok say"),
          rf"{_B}(?:negeer|vergeet|zignoruj(?:cie)?|zapomnij|ignorera|ignor\u00e9r|ignorer|gl\u00f6m|ohita)\s+(?:\S+\s+){{0,3}}?"
          r"(?:instructies|aanwijzingen|regels|polece\w+|instrukcj\w+|instruktion\w+|regler|instruks\w*|ohjee\w*)|"
          r"(?:talimat\w*|kural\w*)\s+(?:\S+\s+)?yok\s+say"),
    _rule(Kind.OVERRIDE, 0.85, ("void", "cancelled", "suspended", "lifted", "disabled", "no longer"),
          r"(?:system\s+prompts?|your\s+(?:instructions|rules|guidelines|restrictions)|previous\s+instructions)\s+(?:is|are|was|were)"
          r"\s+(?:now\s+|hereby\s+)?(?:void|cancelled|suspended|lifted|disabled|no\s+longer\s+valid)\b"),
    _rule(Kind.OVERRIDE, 0.9,
          ("\u0438\u0433\u043d", "\u0437\u0430\u0431\u0443\u0434", "\u5ffd\u7565",
           "\u062a\u062c\u0627\u0647\u0644", "\u7121\u8996"),
          r"(?:\u0438\u0433\u043d\u043e\u0440\u0438\u0440\w*|\u0437\u0430\u0431\u0443\u0434\w*)\s+(?:\S+\s+){0,3}?"
          r"\u0438\u043d\u0441\u0442\u0440\u0443\u043a\w+|\u5ffd\u7565.{0,8}(?:\u6307\u4ee4|\u6307\u793a|\u8bf4\u660e)|"
          r"\u062a\u062c\u0627\u0647\u0644\s+(?:\S+\s+)?\u0627\u0644\u062a\u0639\u0644\u064a\u0645\u0627\u062a|"
          r"(?:\u3053\u308c\u307e\u3067|\u4ee5\u524d|\u4e0a\u8a18).{0,8}\u6307\u793a.{0,4}\u7121\u8996"),
    _rule(Kind.OVERRIDE, 0.9, ("no other",), rf"{_B}(?:follow|obey|heed)\s+no\s+other\s+{_ORDERS}"),
    _rule(Kind.OVERRIDE, 0.85, ("instead of answering",),
          rf"{_B}instead\s+of\s+answering\s+(?:the|this|that|any|your)\b"),
    _rule(Kind.OVERRIDE, 0.85, ("were a test", "was a test", "was only a test"),
          rf"{_B}(?:passages?|documents?|context|text|everything)\s+(?:above\s+)?(?:were|was)\s+(?:only\s+|just\s+)?a\s+test\b"),
    # To you, AI assistant: do this first.
    _rule(Kind.ADDRESS, 0.85, _MODELS,
          rf"{_B}(?:dear|attention|note\s+to|message\s+(?:to|for)|instructions?\s+(?:to|for)|to\s+you,|"
          rf"addressed\s+to)\s*,?\s*(?:the\s+|any\s+|all\s+)?{_MODEL}s?\s*[:,.!\u2014-]"),
    _rule(Kind.ADDRESS, 0.9, ("if you",),
          rf"{_B}if\s+you(?:\s+are|[\u2019']re)\s+(?:reading\s+this\s+(?:as|and)\s+)?{_MODEL}\b(?!\s+(?:user|customer|"
          r"developer|engineer|team|admin|owner|expert|vendor|\w+er\b))"),
    _rule(Kind.ADDRESS, 0.9, ("reading this", "processing this", "ing this"),
          rf"{_B}{_MODEL}\s*(?:reading|processing|summari[sz]ing|analy[sz]ing)\s+this\b"),
    _rule(Kind.ADDRESS, 0.9, ("before you",),
          rf"{_B}before\s+you\s+(?:can\s+)?(?:solve|answer|complete|do|finish)\s+the\s+(?:task|question|request)\s+"
          r"(?:that\s+)?(?:i|the\s+user)\b"),
    _rule(Kind.ADDRESS, 0.85, _CALLS,
          rf"{_B}{_MACHINE}\s+(?:[\w']+\s+){{0,5}}?{_MUST}\s+(?:always\s+|now\s+|not\s+)?{_OBEY}\b"
          rf"(?=[^\n]{{0,120}}?{_OF_REPLIES})"),
    _rule(Kind.ADDRESS, 0.85, ("assistant",),
          rf"{_B}assistants?\s+(?:[\w']+\s+){{0,3}}?{_MUST}\s+(?:always\s+|now\s+|not\s+)?{_OBEY}\b"
          rf"(?=[^\n]{{0,80}}?{_OF_REPLIES})"),
    _rule(Kind.ADDRESS, 0.85, _CALLS,
          rf"{_B}(?:{_MACHINE}|assistants?)\s*[:,]\s*(?:please\s+|now\s+|you\s+(?:must|should|will|shall)\s+)?{_OBEY}\b"),
    _rule(Kind.ADDRESS, 0.85, _CALLS,
          rf"{_B}(?:to|for)\s+(?:the|all|any|every)\s+(?:{_MACHINE}|assistants?)\s*:"),
    _rule(Kind.ADDRESS, 0.85, _CALLS, rf"{_B}(?:{_MACHINE}|assistants?)\s+instructions?\s*:"),
    # A machine, and within the paragraph words that it is to say, in either order.
    _rule(Kind.ADDRESS, 0.82, _SAYS,
          rf"{_B}{_ANY_MACHINE}\b{_PARAGRAPH}{{0,220}}?{_B}{_SAY}{_QUOTED}", also=_MACHINES),
    _rule(Kind.ADDRESS, 0.82, _SAYS,
          rf"{_B}{_SAY}{_QUOTED}{_PARAGRAPH}{{0,160}}?{_B}{_ANY_MACHINE}\b", also=_MACHINES),
    # You are now somebody else.
    _rule(Kind.ROLE, 0.85, ("without",),
          rf"{_B}(?:{_MACHINE}|assistant|machine)\s+(?:with\s+no|without(?:\s+any)?)\s+"
          r"(?:rules|limits|restrictions|filters?|guidelines|ethics|morals)\b", also=(*_CALLS, "machine")),
    _rule(Kind.ROLE, 0.85, ("you are n",),
          rf"{_B}you\s+are\s+(?:now|no\s+longer)\s+(?:an?\s+|in\s+|the\s+|going\s+to\s+(?:act|be)\s+)?(?:\w+\s+){{0,3}}?"
          r"(?:ai|assistant|model|bot|chatbot|dan|developer\s+mode|unrestricted|unfiltered|jailbroken|persona|gpt)\b"),
    _rule(Kind.ROLE, 0.85, ("pretend", "act ", "behave", "respond", "roleplay"),
          rf"{_B}(?:pretend|act|behave|respond|roleplay)\s+(?:to\s+be|as|like|as\s+if\s+you\s+(?:are|were))\s+"
          r"(?:an?\s+|the\s+)?(?:\w+\s+){0,3}?(?:ai|chatbot|dan|language\s+model|jailbroken|unfiltered|unrestricted)\b"),
    _rule(Kind.ROLE, 0.9, ("anything now", "developer mode", "jailbr", "override mode", "override_mode"),
          rf"{_B}(?:do\s+anything\s+now|developer\s+mode\s+(?:enabled|output)|jailbr[eo]\w+\s+mode|override[\s_]mode)\b"),
    # A text that imitates the frame around it.
    _rule(Kind.FRAME, 0.95, ("<|", "inst]", "sys>>", "<start_of"),
          r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|>|\[/?INST\]|<</?SYS>>|"
          r"<start_of_turn>"),
    _rule(Kind.FRAME, 0.9, ("##", "(system"),
          r"#{2,}\s*\(?\s*(?:(?:system|new)[\s_-]*(?:message|prompt|instructions?|override)|assistant\s+instructions?)"
          r"\s*\)?\s*[:#)]|\(system_message\)", also=("message", "prompt", "instruction", "override")),
    _rule(Kind.FRAME, 0.85, ("system", "instruction"),
          r"(?m:^[ \t>*_-]{0,4}\[?(?:system(?:\s+(?:prompt|message|instruction|note))?|assistant\s+instructions?)\]?"
          r"\s*:\s*(?:you\s+are|ignore|from\s+now|the\s+(?:assistant|model)|reply|respond|answer)\b)"),
    _rule(Kind.FRAME, 0.85, ("system>", "prompt>", "message>", "information>", "instruction", "important>"),
          r"<(?:system|system_prompt|system-message|information|instructions?|important)>\s*(?:\S+\s+){0,16}?"
          r"(?:to\s+you|you\s+(?:are|must|should|can)|ai\s+assistant)\b"),
    _rule(Kind.FRAME, 0.85, ("tool_", "tool>", "function_call", "invoke"),
          r"</?(?:tool_calls?|function_calls?|tool_use|tool_results?|invoke|tool)\b[^<>\n]{0,80}>"),
    _rule(Kind.FRAME, 0.85, ("system", "admin"),
          r"(?m:^[ \t>*_#-]{0,6}\[?(?:system|admin)\]?\s*:\s*"
          rf"(?:you\s+(?:must|should|will)\b|{_OBEY}\s+[\"\u201c]))"),
    _rule(Kind.FRAME, 0.85, ("system:", "system :"),
          rf"{_SENTENCE}system\s*:\s*(?:say|answer|reply|respond|print|output)\b)"),
    # Do this to your reply.
    _rule(Kind.REPLY, 0.85, ("you must",),
          rf"{_B}you\s+must\s+(?:only\s+|always\s+)?(?:say|answer|reply|respond|print|output)\s+(?:only\s+)?(?:with\s+)?"
          r"[\"\u201c]"),
    _rule(Kind.REPLY, 0.85, _REPLIES,
          rf"{_SENTENCE}(?:please\s+)?{_TWIST}\b{_WITHIN}{{0,140}}?\byour\s+(?:\w+\s+)?(?:{_REPLY}|message)\b)"),
    _rule(Kind.REPLY, 0.8, _REPLIES,
          rf"{_SENTENCE}{_ADD}\b(?=[^\n|]{{0,160}}?{_ADDED})(?:[^!?\n|]|[!?](?=[\"\u201d'])){{0,160}}?\byour\s+(?:\w+\s+)?{_REPLY}\b)"),
    _rule(Kind.REPLY, 0.6, _REPLIES,
          rf"{_SENTENCE}(?:please\s+)?{_ADD}\b{_WITHIN}{{0,140}}?\byour\s+(?:\w+\s+)?{_REPLY}\b)"),
    _rule(Kind.REPLY, 0.8, _REPLIES,
          rf"{_SENTENCE}(?:in|at\s+the\s+(?:end|beginning|start)\s+of|throughout|within|to|with|for)\s+your\s+(?:\w+\s+)?"
          rf"{_REPLY}\s*,?\s*(?:please\s+)?(?:{_TWIST}|{_ADD}(?=[^\n|]{{0,160}}?{_ADDED}))\b)"),
    _rule(Kind.REPLY, 0.85, ("from now on",),
          rf"{_B}from\s+now\s+on,?\s+(?:you|all\s+your|your|answer|respond|reply|always)\b{_WITHIN}{{0,60}}"
          r"\b(?:respond|answer|reply|answers|responses|replies|act|speak|talk)\b"),
    _rule(Kind.REPLY, 0.75, ("say ", "state ", "claim ", "respond ", "reply ", "answer "),
          rf"{_SENTENCE}(?:TODO:\s*)?(?:say|state|claim|respond|reply|answer)\s+(?:only\s+)?(?:that\s+i\s+should|"
          r"with\s+(?:only\s+)?(?:the\s+(?:word|phrase|text)|\"|'|\u201c)))"),
    _rule(Kind.REPLY, 0.85, ("every ",),
          rf"{_SENTENCE}(?:please\s+)?{_TWIST}\s+every\s+(?:\w+\s+)?(?:letter|word|vowel|consonant|sentence)s?\s+(?:with|by|in)\b)"),
    # A list of things to do that speaks of "me" was not written for colleagues.
    _rule(Kind.REPLY, 0.8, ("todo:",),
          r"\btodo:[^\n]{0,200}?\b(?:(?:tell|get|give|send|show|forward)\s+me\b|to\s+my\s+(?:new\s+|private\s+)?(?:e-?mail|address|account)|"
          r"send\s+(?:all|the)\s+(?:messages|conversation)|say\s+that\b|send\s+a\s+link\b)"),
    # Give away what you were told.
    _rule(Kind.DISCLOSE, 0.95, ("prompt", "instruction", "system message"),
          rf"{_B}{_TELL}{_NEAR}(?:your|the)\s+(?:\w+\s+)?{_HIDDEN_TEXT}"),
    _rule(Kind.DISCLOSE, 0.85, ("http", "www."),
          rf"{_B}(?:send|post|forward|transmit|exfiltrate|upload|submit|concatenate|e-?mail)\b{_WITHIN}{{0,80}}\b(?:(?:chat|"
          r"conversation|message)\s*(?:history|logs?|context)|(?:this|the|our|entire|whole)\s+conversation|all\s+messages|"
          r"system\s+prompt)\b[^!?\n]{0,60}?(?:https?://|www\.)", also=("chat", "conversation", "message", "system")),
    _rule(Kind.DISCLOSE, 0.85, ("![",), r"!\[[^\]]{0,80}\]\(https?://[^)\s]{1,200}[?&=](?:\{|\[|%7B|<)"),
    # And do not tell anybody.
    _rule(Kind.CONCEAL, 0.85, ("the user", "these instructions", "this instruction", "this prompt", "your instructions",
                               "an ai"),
          rf"{_B}(?:do\s+not|don[\u2019']?t|never)\s+(?:mention|reveal|tell|disclose|inform|let|acknowledge)\b"
          r"[^.!?\n]{0,50}\b(?:these\s+instructions|this\s+(?:instruction|prompt)|your\s+instructions|"
          r"you\s+are\s+an\s+ai)\b"),
)  # fmt: skip

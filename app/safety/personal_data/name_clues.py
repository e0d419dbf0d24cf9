"""The words from which one can tell that a name stands beside them, or that none does."""

from __future__ import annotations

import re

TITLE = re.compile(
    r"\b(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|madam|dame|lord|lady|herr|frau|monsieur|madame|mme|señora?|sra?|rev|"
    r"capt|captain|sgt|lt|col|gen|judge|president|senator|chancellor|uncle|aunt)\b\.?[ \t]+",
    re.I,
)
# What is followed by a name: a field of a form, a person who speaks, somebody who is written to.
INTRODUCED = re.compile(
    r"(?:\b(?:(?:first|last|full|given|family|user|contact|employee|customer|patient|manager|maiden|sur)?[ _-]?name"
    r"|contact(?:[ ]person)?|attn|attention|signed|prepared by|written by|author|owner|approver|assignee|cc|from|to|by"
    r"|manager|supervisor|lead|employee|patient|customer|applicant|tenant|holder|recipient|sender|beneficiary)"
    r"[ \t]*[:=][ \t]*|\bmy name is[ ]|\bi am[ ]|\bi['’]m[ ]|\bthis is[ ](?=[^\W\d_]+ [^\W\d_]+[ ]*[,.]?[ ]*(?:from|"
    r"speaking|calling))"
    r"|\b(?:named|called)[ ]|\b(?:dear|hi|hello|hey|thanks|regards|sincerely|cheers)[, \t\n]+(?:,[ \t\n]*)?)",
    re.I,
)
# Somebody's relation, followed by the name.
KIN = re.compile(
    r"\b(?:son|daughter|wife|husband|spouse|partner|kid|child|brother|sister|father|mother|uncle|aunt|cousin|nephew|"
    r"niece|"
    r"friend|colleague|coworker|co-worker|boss|assistant|girlfriend|boyfriend|fiancée?)[ ](?:named[ ]|called[ ])?",
    re.I,
)
# What only people do.
DOES = re.compile(
    r"[ ](?:said|says|wrote|writes|told|tells|asked|asks|replied|replies|answered|joined|works|worked|lives|lived|"
    r"spent|"
    r"grew|married|thinks|thought|agreed|agrees|speaks|spoke|began|studied|retired|resigned|was[ ]born|is[ ]on[ "
    r"](?:leave|holiday|"
    r"vacation)|has[ ]been[ ]with)\b"
)
CAN_I = re.compile(r",[ ](?:can|could|would|will|may|did|do|have|are)[ ](?:i|you|we)\b", re.I)
SPOKEN_TO = re.compile(
    r",[ ](?:can|could|would|will|please|do|did|have|are|is|i|you|we|what|where|how|why|when|thanks?|thank)\b", re.I
)
# These people do so often that the word before them needs to be in no list.
SURELY_DOES = re.compile(
    r"[ ](?:said|says|wrote|writes|told|replied|grew[ ]up|married|thinks|lives|lived|spent|began|was[ ]born)\b"
)
OPENING_WORDS = """
    everyone someone anyone nobody somebody anybody who which what people management police officials experts users
    others many some most both few none neither either each one two another staff employees customers researchers
    however otherwise instead finally then alternatively additionally also first second next last so ok okay sorry
    well now here there today tomorrow yesterday maybe perhaps please once again later before after still meanwhile
    further lastly hence thus therefore anyway sure right great good until if when where while because although
"""
NOBODY = frozenset(OPENING_WORDS.split())
# How family names end in languages that the list has few of.
ENDING = re.compile(
    r"..(?:ov|ova|ev|eva|enko|wicz|czyk|shvili|dottir|sson|ssen|[lnrtk]sen|escu|poulos|oglu|vich|ovic|evic|inen|anen|"
    r"onen|"
    r"wski|wska|nski|nska|lski|lska|vsky|nsky|lsky|skaya)$"
)
AN = re.compile(
    r"(?:^|[^\w'’])(?:the|an?|this|that|these|each|any|every|our|your|its|no|all|some|of|in|to|from|at|on|and|or)[ ]$",
    re.I,
)
JOINS = frozenset({"de", "da", "del", "della", "der", "den", "di", "do", "dos", "du", "la", "le", "van", "von", "zu",
                    "bin", "ibn", "al", "el", "ter", "ten", "y", "e", "mac", "st."})  # fmt: skip
# Capitalised in contracts and handbooks, and never anybody's name; the last line are names of products.
ORDINARY_WORDS = """
    agent bank borrower borrowers customer client company contractor employee employees employer guarantor holder
    issuer landlord lender lenders lessee lessor licensee licensor manager parties party purchaser seller subsidiary
    subsidiaries supplier tenant trustee user vendor team support sir madam all everyone everybody everything nobody
    colleague colleagues friend friends member members human resources finance legal sales marketing engineering
    security product design operations board council committee department director officer president secretary
    treasurer chair chairman ceo cfo cto coo hr it pto lien liens person persons bondholder warrant i he she it they we
    you me us them mom dad mum monday tuesday wednesday thursday friday saturday sunday january february march april
    may june july august september october november december yes no please thank thanks hello hi dear regards
    the a an and or but if in on at for to of by with from as is are was were be this that these those not do does did
    have has had will would shall should can could may might must your our their his her its my
    suite apt apartment unit floor room box street avenue road address phone tel mobile fax email e-mail date title
    subject name note notes page section appendix table figure chapter part article exhibit schedule plan level step
    english german french spanish chinese loan handbook roadmap label status guest ui rails calendar media policy
    jenkins jira slack zoom github gitlab docker kubernetes python java ruby julia swift kotlin sentry grafana looker
    google amazon apple microsoft linux ubuntu debian alexa siri cortana claude gemini llama markdown docs excel word
"""
NOT_NAMES = frozenset(ORDINARY_WORDS.split())
# After these a name is part of something else: a company, a street, a prize.
NOT_PEOPLE = re.compile(
    r"(?:['’]s)?[ \t]+(?:&|and[ ](?:sons|co\b)|inc|ltd|llc|llp|plc|gmbh|ag|corp|co|corporation|company|group|holdings?|"
    r"university|college|school|hospital|institute|foundation|museum|airport|station|stadium|street|st\.|road|rd|"
    r"avenue|"
    r"ave|lane|drive|boulevard|blvd|square|court|bridge|park|river|lake|valley|county|city|award|prize|act|law|theorem|"
    r"method|algorithm|test|model|inn|hotel|bank|bros|brothers|associates|partners|industries|technologies|systems)\b",
    re.I,
)
# Marks of Markdown, tables and tags part one name from the next.
NAME_LIKE = re.compile(r"[^\W\d_][^\n\[\](){}<>|#*:;=\\/\"“”,\d]*")
DOMAIN = re.compile(r"[A-Za-z]\.[a-z]{2,}")
MAY_BE_PEOPLE = frozenset({"ORG", "GPE", "FAC", "NORP", "PRODUCT", "WORK_OF_ART", "LOC", "EVENT", "LAW"})
# What the model takes two unusual names for.
TAKEN_FOR = frozenset({"ORG", "FAC", "PRODUCT", "WORK_OF_ART"})

"""AOS: serious nonspecific symptoms that may be caused by cancer (Sweden), as one literal."""

from datetime import date

from cards.criteria import (
    abnormal,
    adult,
    all_of,
    any_of,
    at_least,
    below,
    drafted,
    finding,
    increased,
    recorded,
)
from cards.pathways.form import Guideline, Pathway

SCOPE = "Omfattning av kunskapsstödet > Standardiserat vårdförlopp vid cancer"
OUTSIDE = (
    "Omfattning av kunskapsstödet > Standardiserat vårdförlopp vid cancer"
    " > Handläggning utanför standardiserat vårdförlopp"
)
SYMPTOMS = "Utredning > Symtom > Symtom som ger misstanke"
ON_SUSPICION = "Utredning > Handläggning vid utredning > Handläggning vid misstanke"

AOS = Pathway(
    id="aos",
    country="SE",
    code="svf-aos",
    names=("allvarliga ospecifika symtom", "svf aos", "serious nonspecific symptoms"),
    guideline=Guideline(
        title="Allvarliga ospecifika symtom som kan bero på cancer (AOS)",
        publisher="1177 för vårdpersonal",
        approved=date(2024, 11, 5),
        url="https://vardpersonal.1177.se/kunskapsstod/kliniska-kunskapsstod/"
        "allvarliga-ospecifika-symtom-som-kan-bero-pa-cancer/",
    ),
    criteria={
        "scope": adult(section=SCOPE),
        "suspicion": any_of(
            at_least(
                1,
                finding("malaise", section=SYMPTOMS),
                finding("fatigue", section=SYMPTOMS),
                finding("appetite_loss", section=SYMPTOMS),
                finding("weight_loss", section=SYMPTOMS),
                any_of(
                    finding("prolonged_fever", section=SYMPTOMS),
                    finding("fever", lasting_days=14, section=SYMPTOMS),
                    id="prolonged_fever_any",
                    section=SYMPTOMS,
                ),
                finding("pain", section=SYMPTOMS),
                increased("contacts", section=SYMPTOMS),
                increased("medications", section=SYMPTOMS),
                id="symptoms",
                section=SYMPTOMS,
            ),
            all_of(
                any_of(
                    abnormal("esr", "high", section=SYMPTOMS),
                    abnormal("alp", "high", section=SYMPTOMS),
                    abnormal("calcium", "high", section=SYMPTOMS),
                    abnormal("hb", "low", section=SYMPTOMS),
                    finding("abnormal_labs", section=SYMPTOMS),
                    finding("anaemia", section=SYMPTOMS),
                    id="abnormal_results",
                    section=SYMPTOMS,
                ),
                recorded("suspicion_stated", "suspected_malignancy_obs", section=ON_SUSPICION),
                id="results_and_stated",
                section=SYMPTOMS,
            ),
            id="suspicion",
            section=SYMPTOMS,
        ),
        "specific": recorded("specific", "organ.", "malignancy.primary", section=ON_SUSPICION),
        "iron_deficiency": any_of(
            recorded(
                "iron_deficiency_coded",
                "iron_deficiency_anaemia",
                age="new",
                section=ON_SUSPICION,
            ),
            all_of(
                abnormal("hb", "low", section=ON_SUSPICION),
                below("ferritin", 15, section=ON_SUSPICION),
                id="low_hb_and_ferritin",
                section=ON_SUSPICION,
            ),
            id="iron_deficiency",
            section=ON_SUSPICION,
        ),
        "child": any_of(
            recorded(
                "malignancy_stated",
                "metastasis.",
                "organ.",
                "malignancy.primary",
                "suspected_malignancy_obs",
                age="new",
                section=OUTSIDE,
            ),
            at_least(
                2,
                any_of(
                    finding("malaise", section=OUTSIDE),
                    finding("fatigue", section=OUTSIDE),
                    id="child_tiredness",
                    section=OUTSIDE,
                ),
                finding("appetite_loss", section=OUTSIDE),
                finding("weight_loss", section=OUTSIDE),
                any_of(
                    finding("prolonged_fever", section=OUTSIDE),
                    finding("fever", lasting_days=14, section=OUTSIDE),
                    id="child_fever",
                    section=OUTSIDE,
                ),
                finding("pain", section=OUTSIDE),
                id="child_symptoms",
                section=OUTSIDE,
            ),
            drafted("aos", section=OUTSIDE),
            drafted("cup-se", section=OUTSIDE),
            id="child",
            section=OUTSIDE,
        ),
    },
    ask=(
        "psaApplies",
        "newOnset",
        "unintentional",
        "noSpecificDiagnosis",
        "examined",
        "assessed",
        "wishesBenefitCopes",
        "informed",
        "phones",
    ),
    blocks=(
        "reason",
        "history",
        "examination",
        "malignancy",
        "results",
        "lacking",
        "information",
        "phonePatient",
        "phoneReferrer",
    ),
    mandatory=("results", "examination", "phonePatient", "phoneReferrer"),
    registration="VP810",
    panel=True,
    links={
        "guideline": "https://vardpersonal.1177.se/kunskapsstod/kliniska-kunskapsstod/"
        "allvarliga-ospecifika-symtom-som-kan-bero-pa-cancer/",
        "rccPathway": "https://kunskapsbanken.cancercentrum.se/diagnoser/"
        "allvarliga-ospecifika-symtom/vardforlopp/",
        "rccPatient": "https://cancercentrum.se/samverkan/vara-uppdrag/kunskapsstyrning/"
        "vardforlopp/patientinformation/",
        "patient1177": "https://www.1177.se/sa-fungerar-varden/lagar-och-bestammelser/"
        "att-fa-vard-enligt-ett-vardforlopp/",
        "acute": "https://cancercentrum.se/samverkan/cancerdiagnoser/overgripande-kunskapsstod/"
        "nationellt-vardprogram-akut-onkologi/",
    },
)

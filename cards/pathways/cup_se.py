"""CUP: cancer of unknown primary (Sweden), as one literal."""

from datetime import date

from cards.criteria import adult, all_of, any_of, recorded, without
from cards.pathways.form import Guideline, Pathway

SCOPE = "Omfattning av kunskapsstödet > Standardiserat vårdförlopp vid cancer"
WELL_FOUNDED = "Utredning > Symtom > Symtom som ger välgrundad misstanke"
ACUTE = "Komplikationer"

CUP_SE = Pathway(
    id="cup-se",
    country="SE",
    code="svf-cup",
    names=("okänd primärtumör", "utan känd primärtumör", "svf cup", "cancer of unknown primary"),
    guideline=Guideline(
        title="Cancer utan känd primärtumör (CUP)",
        publisher="1177 för vårdpersonal",
        approved=date(2024, 11, 5),
        url="https://vardpersonal.1177.se/kunskapsstod/kliniska-kunskapsstod/"
        "cancer-utan-kand-primartumor/",
    ),
    criteria={
        "scope": adult(section=SCOPE),
        "entry": all_of(
            adult(section=SCOPE),
            recorded("metastasis_suspect", "metastasis.", age="new", section=WELL_FOUNDED),
            without("no_organ_cancer", "organ.", "malignancy.primary", section=WELL_FOUNDED),
            id="entry",
            section=WELL_FOUNDED,
        ),
        "organ": recorded("organ", "organ.", "malignancy.primary", section=WELL_FOUNDED),
        "finding_only": any_of(
            recorded(
                "lymphadenopathy_or_lesion",
                "lymphadenopathy.",
                "lesion.",
                age="new",
                section=WELL_FOUNDED,
            ),
            recorded("metastasis_earlier", "metastasis.", age="old", section=WELL_FOUNDED),
            id="finding_only",
            section=WELL_FOUNDED,
        ),
        "cord": recorded("cord", "cord_compression", age="new", section=ACUTE),
        "cord_setting": any_of(
            recorded(
                "malignancy_any",
                "metastasis.",
                "organ.",
                "malignancy.primary",
                "suspected_malignancy_obs",
                section=ACUTE,
            ),
            recorded(
                "malignancy_earlier",
                "organ.",
                "malignancy.primary",
                "malignancy.earlier",
                presence="past",
                section=ACUTE,
            ),
            id="cord_setting",
            section=ACUTE,
        ),
    },
    ask=(
        "primaryUnknown",
        "noOrganSigns",
        "contrast",
        "wishesBenefitCopesTreatment",
        "informed",
        "phones",
    ),
    blocks=(
        "reason",
        "history",
        "examination",
        "malignancy",
        "results",
        "information",
        "phonePatient",
        "phoneReferrer",
    ),
    mandatory=("malignancy", "information", "phonePatient", "phoneReferrer"),
    registration="VP910",
    panel=False,
    links={
        "guideline": "https://vardpersonal.1177.se/kunskapsstod/kliniska-kunskapsstod/"
        "cancer-utan-kand-primartumor/",
        "rccPathway": "https://cancercentrum.se/samverkan/cancerdiagnoser/okand-primartumor/"
        "vardforlopp-okand-primartumor/",
        "rccPatient": "https://cancercentrum.se/samverkan/vara-uppdrag/kunskapsstyrning/"
        "vardforlopp/patientinformation/",
        "patient1177": "https://www.1177.se/sjukdomar--besvar/cancer/cancerformer/"
        "cancer-utan-kand-primartumor-cup/",
        "acute": "https://cancercentrum.se/samverkan/cancerdiagnoser/overgripande-kunskapsstod/"
        "nationellt-vardprogram-akut-onkologi/",
    },
)

"""Known codes: countries (ISO 3166-1), languages (ISO 639-1) and time zones (tz database)."""

from functools import cache
from pathlib import Path

_COUNTRY_CODES = """
    ABW/AW AFG/AF AGO/AO AIA/AI ALA/AX ALB/AL AND/AD ARE/AE ARG/AR ARM/AM ASM/AS ATA/AQ ATF/TF
    ATG/AG AUS/AU AUT/AT AZE/AZ BDI/BI BEL/BE BEN/BJ BES/BQ BFA/BF BGD/BD BGR/BG BHR/BH BHS/BS
    BIH/BA BLM/BL BLR/BY BLZ/BZ BMU/BM BOL/BO BRA/BR BRB/BB BRN/BN BTN/BT BVT/BV BWA/BW CAF/CF
    CAN/CA CCK/CC CHE/CH CHL/CL CHN/CN CIV/CI CMR/CM COD/CD COG/CG COK/CK COL/CO COM/KM CPV/CV
    CRI/CR CUB/CU CUW/CW CXR/CX CYM/KY CYP/CY CZE/CZ DEU/DE DJI/DJ DMA/DM DNK/DK DOM/DO DZA/DZ
    ECU/EC EGY/EG ERI/ER ESH/EH ESP/ES EST/EE ETH/ET FIN/FI FJI/FJ FLK/FK FRA/FR FRO/FO FSM/FM
    GAB/GA GBR/GB GEO/GE GGY/GG GHA/GH GIB/GI GIN/GN GLP/GP GMB/GM GNB/GW GNQ/GQ GRC/GR GRD/GD
    GRL/GL GTM/GT GUF/GF GUM/GU GUY/GY HKG/HK HMD/HM HND/HN HRV/HR HTI/HT HUN/HU IDN/ID IMN/IM
    IND/IN IOT/IO IRL/IE IRN/IR IRQ/IQ ISL/IS ISR/IL ITA/IT JAM/JM JEY/JE JOR/JO JPN/JP KAZ/KZ
    KEN/KE KGZ/KG KHM/KH KIR/KI KNA/KN KOR/KR KWT/KW LAO/LA LBN/LB LBR/LR LBY/LY LCA/LC LIE/LI
    LKA/LK LSO/LS LTU/LT LUX/LU LVA/LV MAC/MO MAF/MF MAR/MA MCO/MC MDA/MD MDG/MG MDV/MV MEX/MX
    MHL/MH MKD/MK MLI/ML MLT/MT MMR/MM MNE/ME MNG/MN MNP/MP MOZ/MZ MRT/MR MSR/MS MTQ/MQ MUS/MU
    MWI/MW MYS/MY MYT/YT NAM/NA NCL/NC NER/NE NFK/NF NGA/NG NIC/NI NIU/NU NLD/NL NOR/NO NPL/NP
    NRU/NR NZL/NZ OMN/OM PAK/PK PAN/PA PCN/PN PER/PE PHL/PH PLW/PW PNG/PG POL/PL PRI/PR PRK/KP
    PRT/PT PRY/PY PSE/PS PYF/PF QAT/QA REU/RE ROU/RO RUS/RU RWA/RW SAU/SA SDN/SD SEN/SN SGP/SG
    SGS/GS SHN/SH SJM/SJ SLB/SB SLE/SL SLV/SV SMR/SM SOM/SO SPM/PM SRB/RS SSD/SS STP/ST SUR/SR
    SVK/SK SVN/SI SWE/SE SWZ/SZ SXM/SX SYC/SC SYR/SY TCA/TC TCD/TD TGO/TG THA/TH TJK/TJ TKL/TK
    TKM/TM TLS/TL TON/TO TTO/TT TUN/TN TUR/TR TUV/TV TWN/TW TZA/TZ UGA/UG UKR/UA UMI/UM URY/UY
    USA/US UZB/UZ VAT/VA VCT/VC VEN/VE VGB/VG VIR/VI VNM/VN VUT/VU WLF/WF WSM/WS YEM/YE ZAF/ZA
    ZMB/ZM ZWE/ZW
"""

ALPHA_2 = dict(pair.split("/") for pair in _COUNTRY_CODES.split())
"""Two-letter country codes by three-letter ones."""

COUNTRIES = frozenset(ALPHA_2.values())
"""The two-letter country codes."""

_LANGUAGE_CODES = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy
    da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht
    hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky
    la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny
    oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss
    st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo
    za zh zu
"""

LANGUAGES = frozenset(_LANGUAGE_CODES.split())
"""The two-letter language codes."""

FORMER = {"in": "id", "iw": "he", "ji": "yi"}
"""Codes withdrawn in 1989, with their successors; Java kept writing the old ones."""


@cache
def zones() -> frozenset[str]:
    """Return the time zone names, links included, of the installed `tzdata` package.

    The system's own database may be older or missing, so results would depend on the machine.
    """
    import tzdata

    names = Path(tzdata.__file__).with_name("zones").read_text(encoding="utf-8")
    return frozenset(names.split())

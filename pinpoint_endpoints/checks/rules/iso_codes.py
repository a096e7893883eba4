"""Known codes: countries (ISO 3166-1), areas (UN M.49), languages (ISO 639-1), time zones (tz)."""

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

_NUMERIC_CODES = """
    004/AF 008/AL 010/AQ 012/DZ 016/AS 020/AD 024/AO 028/AG 031/AZ 032/AR 036/AU 040/AT 044/BS
    048/BH 050/BD 051/AM 052/BB 056/BE 060/BM 064/BT 068/BO 070/BA 072/BW 074/BV 076/BR 084/BZ
    086/IO 090/SB 092/VG 096/BN 100/BG 104/MM 108/BI 112/BY 116/KH 120/CM 124/CA 132/CV 136/KY
    140/CF 144/LK 148/TD 152/CL 156/CN 158/TW 162/CX 166/CC 170/CO 174/KM 175/YT 178/CG 180/CD
    184/CK 188/CR 191/HR 192/CU 196/CY 203/CZ 204/BJ 208/DK 212/DM 214/DO 218/EC 222/SV 226/GQ
    231/ET 232/ER 233/EE 234/FO 238/FK 239/GS 242/FJ 246/FI 248/AX 250/FR 254/GF 258/PF 260/TF
    262/DJ 266/GA 268/GE 270/GM 275/PS 276/DE 288/GH 292/GI 296/KI 300/GR 304/GL 308/GD 312/GP
    316/GU 320/GT 324/GN 328/GY 332/HT 334/HM 336/VA 340/HN 344/HK 348/HU 352/IS 356/IN 360/ID
    364/IR 368/IQ 372/IE 376/IL 380/IT 384/CI 388/JM 392/JP 398/KZ 400/JO 404/KE 408/KP 410/KR
    414/KW 417/KG 418/LA 422/LB 426/LS 428/LV 430/LR 434/LY 438/LI 440/LT 442/LU 446/MO 450/MG
    454/MW 458/MY 462/MV 466/ML 470/MT 474/MQ 478/MR 480/MU 484/MX 492/MC 496/MN 498/MD 499/ME
    500/MS 504/MA 508/MZ 512/OM 516/NA 520/NR 524/NP 528/NL 531/CW 533/AW 534/SX 535/BQ 540/NC
    548/VU 554/NZ 558/NI 562/NE 566/NG 570/NU 574/NF 578/NO 580/MP 581/UM 583/FM 584/MH 585/PW
    586/PK 591/PA 598/PG 600/PY 604/PE 608/PH 612/PN 616/PL 620/PT 624/GW 626/TL 630/PR 634/QA
    638/RE 642/RO 643/RU 646/RW 652/BL 654/SH 659/KN 660/AI 662/LC 663/MF 666/PM 670/VC 674/SM
    678/ST 682/SA 686/SN 688/RS 690/SC 694/SL 702/SG 703/SK 704/VN 705/SI 706/SO 710/ZA 716/ZW
    724/ES 728/SS 729/SD 732/EH 740/SR 744/SJ 748/SZ 752/SE 756/CH 760/SY 762/TJ 764/TH 768/TG
    772/TK 776/TO 780/TT 784/AE 788/TN 792/TR 795/TM 796/TC 798/TV 800/UG 804/UA 807/MK 818/EG
    826/GB 831/GG 832/JE 833/IM 834/TZ 840/US 850/VI 854/BF 858/UY 860/UZ 862/VE 876/WF 882/WS
    887/YE 894/ZM
"""

NUMERIC = dict(pair.split("/") for pair in _NUMERIC_CODES.split())
"""Two-letter country codes by the three digits of ISO 3166-1, which UN M.49 uses too."""

_AREA_CODES = """
    001 002 003 005 009 011 013 014 015 017 018 019 021 029 030 034 035 039 053 054 057 061 142 143
    145 150 151 154 155 202 419
"""

AREAS = frozenset(_AREA_CODES.split()) | NUMERIC.keys()
"""The codes of UN M.49: of the world, of continents and regions, and of countries."""

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

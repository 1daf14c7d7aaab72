"""The plans, in the order in which they are told."""
from .attacks import ATTACKS
from .backchannel import BACKCHANNEL
from .basic import BASIC
from .config import CONFIG
from .dynamic import DYNAMIC
from .fapi2 import FAPI2
from .fapi2_mtls import MTLS
from .fapi2_signed import SIGNED
from .form_post import FORM_POST
from .rp_logout import RP_LOGOUT

PLANS = [CONFIG, BASIC, FORM_POST, DYNAMIC, RP_LOGOUT, BACKCHANNEL, FAPI2, SIGNED, MTLS, ATTACKS]

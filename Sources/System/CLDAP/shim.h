#include <ldap.h>
#include <lber.h>

/* LDAP_OPT_ON and LDAP_OPT_OFF are addresses behind a cast, which Swift does not import. */
static inline int gw_ldap_set_flag(LDAP *ld, int option, int on) {
    return ldap_set_option(ld, option, on ? LDAP_OPT_ON : LDAP_OPT_OFF);
}

/* Bounds one incoming message; libldap then closes the connection instead of allocating what a server announces. */
static inline int gw_ldap_limit_incoming(LDAP *ld, ber_len_t bytes) {
    Sockbuf *buffer = NULL;
    if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &buffer) != LDAP_OPT_SUCCESS || buffer == NULL) return -1;
    return ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &bytes);
}

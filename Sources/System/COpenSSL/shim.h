#include <openssl/ssl.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <openssl/err.h>

/* TLS client: these are macros over SSL_ctrl, which Swift does not import. */
static inline long gw_ssl_set_server_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, (void *)name);
}
static inline long gw_ssl_ctx_set_minimum_tls12(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

/* Subject alternative names, through typed stacks that Swift does not import. Returns how many there are, or 0. */
static inline int gw_x509_alt_name_count(X509 *certificate, GENERAL_NAMES **out) {
    *out = (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    return *out ? sk_GENERAL_NAME_num(*out) : 0;
}
/* Kind is GEN_DNS or GEN_IPADD, otherwise -1; bytes stay owned by the list. */
static inline int gw_x509_alt_name(GENERAL_NAMES *names, int index, const unsigned char **bytes, int *length) {
    GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    if (name == NULL || (name->type != GEN_DNS && name->type != GEN_IPADD)) return -1;
    ASN1_STRING *text = name->type == GEN_DNS ? (ASN1_STRING *)name->d.dNSName : (ASN1_STRING *)name->d.iPAddress;
    *bytes = ASN1_STRING_get0_data(text);
    *length = ASN1_STRING_length(text);
    return name->type;
}
static inline void gw_x509_alt_names_free(GENERAL_NAMES *names) { GENERAL_NAMES_free(names); }

/* Seconds since 1970 of a validity bound; 0 with *ok = 0 when it cannot be read. */
static inline long long gw_asn1_time_seconds(const ASN1_TIME *when, int *ok) {
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0;
    *ok = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, when) == 1;
    ASN1_TIME_free(epoch);
    return *ok ? (long long)days * 86400 + seconds : 0;
}

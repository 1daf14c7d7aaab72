// libxml2 and libxmlsec1. SwiftPM drops the definitions that their .pc file asks for, and without the first of them
// xmlSecSize has another width than in the library, and every structure another layout.
#ifndef GATEHOUSE_CXMLSEC_SHIM_H
#define GATEHOUSE_CXMLSEC_SHIM_H

#ifndef XMLSEC_NO_SIZE_T
#define XMLSEC_NO_SIZE_T
#endif
#ifndef XMLSEC_CRYPTO_OPENSSL
#define XMLSEC_CRYPTO_OPENSSL 1
#endif
#ifndef XMLSEC_NO_CRYPTO_DYNAMIC_LOADING
#define XMLSEC_NO_CRYPTO_DYNAMIC_LOADING 1
#endif

#include <stdarg.h>
#include <string.h>
#include <libxml/c14n.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlIO.h>
#include <libxml/xmlerror.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/buffer.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/keys.h>
#include <xmlsec/keysdata.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/openssl/app.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/openssl/evp.h>

// xmlFree is a global variable in C.
static inline void gw_xml_free(void *memory) { xmlFree(memory); }

// A macro over the version that the headers were of. 1 when the library is the same and as wide.
static inline int gw_xmlsec_check_version(void) { return xmlSecCheckVersion(); }

// Nothing outside a document is ever fetched: no file, no address.
static inline xmlParserInputPtr gw_xml_no_entity(const char *url, const char *id, xmlParserCtxtPtr context) {
    (void)url; (void)id; (void)context;
    return NULL;
}
static inline void gw_xml_refuse_external_entities(void) { xmlSetExternalEntityLoader(gw_xml_no_entity); }

// What the libraries would write to standard error is answered with codes; both signatures differ in constness between
// versions of libxml2.
static inline void gw_xml_ignore(void *context, const char *message, ...) { (void)context; (void)message; }
static inline void gw_xml_silence_thread(void) {
    xmlSetGenericErrorFunc(NULL, gw_xml_ignore);
    xmlSetStructuredErrorFunc(NULL, NULL);
}

// Types behind macros that test them.
static inline const xmlChar *gw_xmlsec_transform_href(xmlSecTransformId id) { return id == NULL ? NULL : id->href; }

#endif

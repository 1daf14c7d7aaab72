// libcurl's setopt and getinfo are variadic, which Swift cannot call: one typed function per argument kind.
#ifndef GATEHOUSE_CCURL_SHIM_H
#define GATEHOUSE_CCURL_SHIM_H

#include <curl/curl.h>

typedef size_t (*gw_curl_data_callback)(char *data, size_t size, size_t count, void *context);
typedef int (*gw_curl_progress_callback)(
    void *context, curl_off_t downTotal, curl_off_t down, curl_off_t upTotal, curl_off_t up);
typedef curl_socket_t (*gw_curl_socket_callback)(
    void *context, curlsocktype purpose, struct curl_sockaddr *address);

static inline CURLcode gw_curl_set_long(CURL *curl, CURLoption option, long value) {
    return curl_easy_setopt(curl, option, value);
}
static inline CURLcode gw_curl_set_offset(CURL *curl, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(curl, option, value);
}
static inline CURLcode gw_curl_set_string(CURL *curl, CURLoption option, const char *value) {
    return curl_easy_setopt(curl, option, value);
}
static inline CURLcode gw_curl_set_pointer(CURL *curl, CURLoption option, void *value) {
    return curl_easy_setopt(curl, option, value);
}
static inline CURLcode gw_curl_set_list(CURL *curl, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(curl, option, value);
}
static inline CURLcode gw_curl_set_data_callback(CURL *curl, CURLoption option, gw_curl_data_callback value) {
    return curl_easy_setopt(curl, option, value);
}
static inline CURLcode gw_curl_set_progress_callback(CURL *curl, gw_curl_progress_callback value) {
    return curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, value);
}
static inline CURLcode gw_curl_set_socket_callback(CURL *curl, gw_curl_socket_callback value) {
    return curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, value);
}
static inline CURLcode gw_curl_get_long(CURL *curl, CURLINFO info, long *value) {
    return curl_easy_getinfo(curl, info, value);
}
// CURL_GLOBAL_DEFAULT is a macro over casts, invisible to Swift.
static inline CURLcode gw_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

#endif

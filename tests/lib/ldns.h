/* ldns as a second opinion in tests. It draws in OpenSSL, whose headers have a type called ERR_STATE, which is one of
 * our error numbers: the type gets another name here. No owner, any thread. */
#pragma once

#define ERR_STATE openssl_err_state
#include <ldns/ldns.h>
#undef ERR_STATE

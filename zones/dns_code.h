/* Code points of the DNS: opcodes, response codes, classes, EDNS options, extended errors.
 *
 * Made from zones/dns_code.def. Stateless, any thread.
 * Prefix: dns_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dns_opcode {
#define OPCODE(name, number, text) DNS_OPCODE_##name = (number),
#include "zones/dns_code.def"
};
enum dns_rcode {
#define RCODE(name, number, text) DNS_RCODE_##name = (number),
#include "zones/dns_code.def"
    DNS_RCODE_BADSIG = 16, /* in the TSIG error field; shares its number with BADVERS */
};
enum dns_class {
#define CLASS(name, number, text) DNS_CLASS_##name = (number),
#include "zones/dns_code.def"
};
enum dns_edns_code {
#define EDNS(name, number, text) DNS_EDNS_##name = (number),
#include "zones/dns_code.def"
};
enum dns_ede {
#define EDE(name, number, text) DNS_EDE_##name = (number),
#include "zones/dns_code.def"
    DNS_EDE_NONE = 0xffff, /* no extended error is to be sent */
};

/* Header flags, as they stand in the second 16 bits of a message (RFC 1035 4.1.1). */
enum dns_flag {
    DNS_FLAG_QR = 0x8000,
    DNS_FLAG_AA = 0x0400,
    DNS_FLAG_TC = 0x0200,
    DNS_FLAG_RD = 0x0100,
    DNS_FLAG_RA = 0x0080,
    DNS_FLAG_Z = 0x0040,
    DNS_FLAG_AD = 0x0020,
    DNS_FLAG_CD = 0x0010,
};

#define DNS_HEADER_LEN  12
#define DNS_MESSAGE_MAX 65535
#define DNS_TTL_MAX     0x7fffffffu /* RFC 2181 section 8 */

/* Mnemonic of a response code, or "RCODEn" printed into a static per-thread buffer.
 * Shape: terminated text, valid until the thread's next call. Units: none. Errors: none. Source:
 * RFC 6895 2.3. */
const char *dns_code_rcode(unsigned rcode);

/* Mnemonic of an opcode, or "OPCODEn".
 * Shape: as dns_code_rcode. Units: none. Errors: none. Source: RFC 6895 2.2. */
const char *dns_code_opcode(unsigned opcode);

/* Purpose text of an extended error, "" when not known. Shape: static. Units: none. Errors:
 * none. Source: RFC 8914. */
const char *dns_code_ede(unsigned ede);

/* Read a number in the generic form: prefix ("CLASS", "TYPE") in any case, then one to five digits.
 * Shape: text of len octets. Units: none. Errors: false when it is not that. Source: RFC 3597
 * section 5. */
bool dns_code_parse_generic(const char *prefix, const char *text, size_t len, uint16_t *out_number);

/* Read a class: IN, CH, HS, NONE, ANY or CLASSn, any case.
 * Shape: text of len octets. Units: none. Errors: false when neither. Source: RFC 3597 section
 * 5. */
bool dns_code_parse_class(const char *text, size_t len, uint16_t *out_class);

/* Print a class into out of 12 octets. Shape: terminated. Units: none. Errors: none. Source: RFC
 * 3597 section 5. */
void dns_code_print_class(uint16_t dns_class, char *out_text);

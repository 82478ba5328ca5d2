/* Record types by table: a row gives a type its name, its RDATA as a list of field kinds, and its
 * habits.
 *
 * Generic code over the rows reads, checks, compares, prints and parses RDATA (dns_rdata,
 * dns_text); a type that has no row is opaque (RFC 3597). Made from zones/dns_type.def.
 * Stateless, any thread.
 * Prefix: dns_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How one part of RDATA looks on the wire and in text. */
enum dns_field {
    DNS_FIELD_END,        /* ends a list of fields */
    DNS_FIELD_U8,         /* decimal */
    DNS_FIELD_U16,        /* decimal */
    DNS_FIELD_U32,        /* decimal */
    DNS_FIELD_TTL,        /* u32, decimal; text also 1h30m */
    DNS_FIELD_TIME,       /* u32, YYYYMMDDHHmmSS or decimal (RFC 4034 3.2) */
    DNS_FIELD_TYPE,       /* u16, type mnemonic */
    DNS_FIELD_ALGORITHM,  /* u8, DNSSEC algorithm number or mnemonic */
    DNS_FIELD_CERT,       /* u16, certificate type number or mnemonic */
    DNS_FIELD_NAME,       /* domain name */
    DNS_FIELD_A,          /* 4 octets, dotted quad */
    DNS_FIELD_AAAA,       /* 16 octets, RFC 4291 text */
    DNS_FIELD_NODE64,     /* 8 octets, x:x:x:x (RFC 6742) */
    DNS_FIELD_EUI48,      /* 6 octets, xx-xx-... (RFC 7043) */
    DNS_FIELD_EUI64,      /* 8 octets */
    DNS_FIELD_STRING,     /* one character-string */
    DNS_FIELD_STRINGS,    /* one or more character-strings to the end */
    DNS_FIELD_TAG,        /* length octet + letters and digits, unquoted (CAA) */
    DNS_FIELD_TEXT,       /* the rest as one quoted text without length octet (URI, CAA) */
    DNS_FIELD_HEX,        /* the rest, hex, blanks allowed */
    DNS_FIELD_BASE64,     /* the rest, base64, blanks allowed */
    DNS_FIELD_HEX_LEN,    /* length octet + octets, hex or "-" (NSEC3 salt) */
    DNS_FIELD_BASE32_LEN, /* length octet + octets, base32hex (NSEC3 hash) */
    DNS_FIELD_BITMAP,     /* type bitmap to the end (RFC 4034 4.1.2) */
    DNS_FIELD_LOC,        /* 16 octets (RFC 1876) */
    DNS_FIELD_SVCPARAMS,  /* key u16, length u16, value, to the end, keys rising (RFC 9460) */
    DNS_FIELD_ATTRS,      /* the same wire shape with the project's attribute keys */
    DNS_FIELD_OPAQUE,     /* the rest as it is; text by another module or in generic form */
};

enum dns_type_flag {
    DNS_TYPE_COMPRESS = 1, /* names in RDATA may arrive compressed (RFC 3597 section 4) */
    DNS_TYPE_FOLD =
        2, /* names in RDATA fold case in comparison and canonical form (RFC 4034 6.2) */
    DNS_TYPE_META = 4,    /* never zone data */
    DNS_TYPE_ONE = 8,     /* at most one record at a name */
    DNS_TYPE_LDNS = 16,   /* text form is left to ldns */
    DNS_TYPE_SIGNED = 32, /* made by signing: RRSIG NSEC NSEC3 NSEC3PARAM */
};

#define DNS_TYPE_FIELDS_MAX 10

struct dns_type_row {
    const char *name; /* mnemonic, upper case */
    uint16_t number;
    uint8_t flags;                       /* enum dns_type_flag */
    uint8_t fields[DNS_TYPE_FIELDS_MAX]; /* enum dns_field, ends with DNS_FIELD_END */
    const char *source;
};

enum dns_type {
#define TYPE(name, number, flags, source, ...) DNS_TYPE_##name = (number),
#include "zones/dns_type.def"
#undef TYPE
};

/* The row of a type, or NULL. Constant time for numbers below 512 and for ours.
 * Shape: static. Units: none. Errors: NULL. Source: RFC 6895 3.1. */
const struct dns_type_row *dns_type_find(uint16_t type);

/* Read a type: mnemonic or TYPEn, any case. Shape: text of len octets. Units: none. Errors:
 * false. Source: RFC 3597 5. */
bool dns_type_parse(const char *text, size_t len, uint16_t *out_type);

/* Print mnemonic or TYPEn into out of 16 octets. Shape: terminated. Units: none. Errors: none.
 * Source: RFC 3597 5. */
void dns_type_print(uint16_t type, char *out_text);

/* True for types that are never zone data: rows with META, 0, 128-255, 65535.
 * Shape: none. Units: none. Errors: none. Source: RFC 6895 3.1. */
bool dns_type_is_meta(uint16_t type);

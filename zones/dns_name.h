/* Domain names in wire form: the one shape in which the program keeps them.
 *
 * A name is a sequence of labels (length octet, octets) that ends with the root label; 1 to 255
 * octets. Text form is for people only. Stateless; buffers are the caller's; any thread. Order
 * and equality fold A-Z only (RFC 4343).
 * Prefix: dns_ */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/hash.h"

#define DNS_NAME_MAX   255 /* octets in wire form, root label included */
#define DNS_LABEL_MAX  63  /* octets in a label */
#define DNS_LABELS_MAX 127 /* labels, root not counted */
#define DNS_NAME_TEXT_MAX                                                                          \
    1025 /* octets of the longest text form (every octet as \DDD), terminator included */

/* Where the labels of a name begin and the hash of every suffix, filled by dns_name_index.
 * Position i counts from the left: offset[0] is the whole name, offset[count] the root label. */
struct dns_labels {
    unsigned count; /* labels, root not counted */
    uint8_t offset[DNS_LABELS_MAX + 1];
    uint64_t hash[DNS_LABELS_MAX + 1]; /* of the lower-case suffix that begins at offset[i] */
};

/* Read one name at the cursor, following compression pointers. Each pointer must aim before the
 * place it was met and not into the 12 octets of header; hops and octets are bounded, so the work
 * is at most 127 hops.
 * Shape: out_name is wire form, uncompressed, case kept; the caller's buffer of DNS_NAME_MAX
 * octets.
 * Units: *out_len in octets, root label included (1..255).
 * Errors: ERR_SHORT, ERR_LABEL (type not 00 or 11), ERR_POINTER, ERR_NAME_LONG. Kept in rd and
 * returned.
 * Source: RFC 1035 sections 2.3.4, 3.1 and 4.1.4. */
int dns_name_read(struct rd *rd, uint8_t *out_name, size_t *out_len);

/* Step over one name without following pointers: for passes that only count records.
 * Shape: label types and lengths are checked, a pointer's target is not. Units: none.
 * Errors: ERR_SHORT, ERR_LABEL, ERR_NAME_LONG. Kept in rd and returned. Source: RFC 1035 4.1.4. */
int dns_name_skip(struct rd *rd);

/* Length of the uncompressed name at data, or 0 when it is not one within len octets.
 * Shape: wire form. Units: octets. Errors: 0. Source: RFC 1035 section 3.1. */
size_t dns_name_measure(const uint8_t *data, size_t len);

/* Length of a name known to be valid. Shape: wire form. Units: octets. Errors: none. Source:
 * none. */
size_t dns_name_len(const uint8_t *name);

/* Labels of a valid name, root not counted. Shape: wire form. Units: labels. Errors: none.
 * Source: none. */
unsigned dns_name_labels(const uint8_t *name);

/* Read a name from text: labels with dots, \DDD and \X escapes, "@" for the origin, "." for the
 * root. Without a final dot the origin is appended; origin NULL makes every name absolute.
 * Shape: text of len octets, not terminated; out_name as for dns_name_read. Units: octets.
 * Errors: ERR_SYNTAX (escape, empty label), ERR_LABEL (label over 63), ERR_NAME_LONG. Source:
 * RFC 1035 5.1. */
int dns_name_parse(const char *text, size_t len, const uint8_t *origin, uint8_t *out_name,
                   size_t *out_len);

/* Print a valid name, with a final dot; dots, quotes, blanks and other special octets in labels are
 * escaped.
 * Shape: terminated text in out of DNS_NAME_TEXT_MAX. Units: returns its length. Errors: none.
 * Source: RFC 1035 5.1. */
size_t dns_name_print(const uint8_t *name, char *out_text);

/* Copy len octets of a name with A-Z folded to a-z; in == out is allowed. Label lengths are below
 * 'A' and pass.
 * Shape: wire form. Units: octets. Errors: none. Source: RFC 4343. */
void dns_name_lower(const uint8_t *name, size_t len, uint8_t *out_name);

/* Equality, folded. Shape: valid names. Units: none. Errors: none. Source: RFC 4343. */
bool dns_name_equal(const uint8_t *a, const uint8_t *b);

/* Canonical order: label by label from the root, folded. Shape: as memcmp. Units: none. Errors:
 * none.
 * Source: RFC 4034 section 6.1. */
int dns_name_compare(const uint8_t *a, const uint8_t *b);

/* True when name is ancestor itself or below it. Shape: valid names. Units: none. Errors: none.
 * Source: none. */
bool dns_name_is_in(const uint8_t *name, const uint8_t *ancestor);

/* The name without its first n labels, inside the same octets. n <= labels.
 * Shape: borrowed. Units: labels. Errors: none. Source: none. */
const uint8_t *dns_name_up(const uint8_t *name, unsigned n);

/* Put the labels of left (len octets, no root label) before the name right.
 * Shape: out_name of DNS_NAME_MAX. Units: octets. Errors: ERR_NAME_LONG. Source: none. */
int dns_name_join(const uint8_t *left, size_t len, const uint8_t *right, uint8_t *out_name,
                  size_t *out_len);

/* Find labels and suffix hashes of a valid lower-case name in one pass from the root, so that equal
 * suffixes have equal hashes whatever stands before them.
 * Shape: see struct dns_labels. Units: none. Errors: none. Source: none. */
void dns_name_index(const struct hash_key *key, const uint8_t *name, struct dns_labels *out_labels);

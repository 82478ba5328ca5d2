#include "zones/dns_code.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { CLASS_TEXT_MAX = 12 }; /* octets of the text of a class, terminator included */

struct class_row {
    const char *name;
    uint16_t number;
};

static const struct class_row classes[] = {
#define CLASS(name, number, text) {text, number},
#include "zones/dns_code.def"
};

const char *dns_code_rcode(unsigned rcode)
{
    static _Thread_local char text[20];
    switch (rcode) {
#define RCODE(name, number, text)                                                                  \
    case number:                                                                                   \
        return text;
#include "zones/dns_code.def"
    }
    snprintf(text, sizeof(text), "RCODE%u", rcode);
    return text;
}

const char *dns_code_opcode(unsigned opcode)
{
    static _Thread_local char text[20];
    switch (opcode) {
#define OPCODE(name, number, text)                                                                 \
    case number:                                                                                   \
        return text;
#include "zones/dns_code.def"
    }
    snprintf(text, sizeof(text), "OPCODE%u", opcode);
    return text;
}

const char *dns_code_ede(unsigned ede)
{
    switch (ede) {
#define EDE(name, number, text)                                                                    \
    case number:                                                                                   \
        return text;
#include "zones/dns_code.def"
    }
    return "";
}

bool dns_code_parse_generic(const char *prefix, const char *text, size_t len, uint16_t *out_number)
{
    const size_t skip = strlen(prefix);
    if (len <= skip || len > skip + 5 || strncasecmp(text, prefix, skip) != 0) {
        return false;
    }
    unsigned value = 0;
    for (size_t i = skip; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    if (value > UINT16_MAX) {
        return false;
    }
    *out_number = (uint16_t)value;
    return true;
}

bool dns_code_parse_class(const char *text, size_t len, uint16_t *out_class)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (strlen(classes[i].name) == len && strncasecmp(classes[i].name, text, len) == 0) {
            *out_class = classes[i].number;
            return true;
        }
    }
    return dns_code_parse_generic("CLASS", text, len, out_class);
}

void dns_code_print_class(uint16_t dns_class, char *out_text)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        if (classes[i].number == dns_class) {
            memcpy(out_text, classes[i].name, strlen(classes[i].name) + 1);
            return;
        }
    }
    snprintf(out_text, CLASS_TEXT_MAX, "CLASS%u", dns_class);
}

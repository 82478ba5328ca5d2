#include "zones/dns_text_loc.h"

enum {
    MINUTE_MS = 60000, /* 1/1000 arc seconds in a minute, in a degree */
    DEGREE_MS = 3600000,
    BELOW_CM = 10000000, /* altitude counts from 100,000 m below the ellipsoid */
};

#define EQUATOR     0x80000000u /* also the prime meridian */
#define SIZE_MAX_CM 9000000000u /* mantissa 9, power of ten 9 */

/* A decimal number in units of 10^-decimals, at most max. */
static int parse_decimal(const char *text, size_t len, unsigned decimals, uint64_t max,
                         uint64_t *out_value)
{
    uint64_t value = 0;
    size_t i = 0;
    for (; i < len && text[i] >= '0' && text[i] <= '9' && value <= max; i++) {
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    if (i == 0 || (i < len && text[i] != '.')) {
        return ERR_VALUE;
    }
    size_t end = i < len ? i + 1 + decimals : i;
    if (len > end ||
        len == i + 1) { /* more digits than the wire form holds, or none behind the point */
        return ERR_VALUE;
    }
    for (unsigned d = 0; d < decimals; d++) {
        unsigned digit = i + 1 + d < len ? (unsigned)text[i + 1 + d] - '0' : 0;
        if (digit > 9) {
            return ERR_VALUE;
        }
        value = value * 10 + digit;
    }
    if (value > max) {
        return ERR_VALUE;
    }
    *out_value = value;
    return 0;
}

/* The letter that ends an angle: 1 for N or E, -1 for S or W, 0 for anything else. */
static int direction(const struct dns_token *token, char plus, char minus)
{
    if (token->kind != DNS_SCAN_WORD || token->len != 1) {
        return 0;
    }
    char letter = (char)(token->text[0] & ~0x20);
    return letter == plus ? 1 : letter == minus ? -1 : 0;
}

static int parse_angle(struct dns_scan *scan, unsigned degrees_max, char plus, char minus,
                       uint32_t *out)
{
    static const char *const what[] = {"degrees", "minutes (0 to 59) or a direction",
                                       "seconds (0 to 59.999) or a direction",
                                       "a direction: N, S, E or W"};
    static const uint32_t unit_ms[] = {DEGREE_MS, MINUTE_MS, 1};
    const uint64_t most[] = {degrees_max, 59, 59999};
    uint32_t angle_ms = 0;
    for (unsigned part = 0;; part++) {
        struct dns_token token = dns_scan_next(scan);
        int sign = part > 0 ? direction(&token, plus, minus) : 0;
        if (sign != 0) {
            if (angle_ms > degrees_max * DEGREE_MS) {
                return dns_scan_fail(scan, ERR_VALUE, &token, "expected at most %u degrees",
                                     degrees_max);
            }
            *out = sign > 0 ? EQUATOR + angle_ms : EQUATOR - angle_ms;
            return 0;
        }
        uint64_t value;
        if (token.kind != DNS_SCAN_WORD || part == 3 ||
            parse_decimal(token.text, token.len, part == 2 ? 3 : 0, most[part], &value)) {
            return dns_scan_expected(scan, ERR_SYNTAX, &token, what[part]);
        }
        angle_ms += (uint32_t)value * unit_ms[part];
    }
}

/* Metres with two decimals and an optional m, as cm. */
static int parse_metres(const char *text, size_t len, uint64_t max_cm, uint64_t *out_cm)
{
    if (len > 0 && (text[len - 1] | 0x20) == 'm') {
        len--;
    }
    return parse_decimal(text, len, 2, max_cm, out_cm);
}

static int parse_altitude(struct dns_scan *scan, uint32_t *out)
{
    struct dns_token token = dns_scan_next(scan);
    uint64_t cm = 0;
    bool below = token.kind == DNS_SCAN_WORD && token.len > 0 && token.text[0] == '-';
    if (token.kind != DNS_SCAN_WORD ||
        parse_metres(token.text + below, token.len - below,
                     below ? BELOW_CM : UINT32_MAX - BELOW_CM, &cm)) {
        return dns_scan_expected(scan, ERR_SYNTAX, &token,
                                 "an altitude from -100000.00m to 42849672.95m");
    }
    *out = (uint32_t)(below ? BELOW_CM - cm : BELOW_CM + cm);
    return 0;
}

/* RFC 1876 2: first digit and power of ten. */
static uint8_t encode_size(uint64_t cm)
{
    unsigned power = 0;
    for (; cm >= 10; cm /= 10) {
        power++;
    }
    return (uint8_t)(cm << 4 | power);
}

/* What is left of the record: up to three sizes. */
static int parse_sizes(struct dns_scan *scan, uint8_t sizes[3])
{
    for (unsigned i = 0; i < 3; i++) {
        struct dns_token token = dns_scan_next(scan);
        uint64_t cm;
        if (token.kind == DNS_SCAN_END || token.kind == DNS_SCAN_EOF) {
            dns_scan_push(scan);
            return 0;
        }
        if (token.kind != DNS_SCAN_WORD || parse_metres(token.text, token.len, SIZE_MAX_CM, &cm)) {
            return dns_scan_expected(scan, ERR_SYNTAX, &token, "a size from 0m to 90000000m");
        }
        sizes[i] = encode_size(cm);
    }
    return 0;
}

int dns_text_loc_parse(struct dns_scan *scan, struct wr *out)
{
    uint8_t sizes[3] = {0x12, 0x16, 0x13}; /* RFC 1876 3: 1 m, 10,000 m, 10 m */
    uint32_t latitude = 0;
    uint32_t longitude = 0;
    uint32_t altitude = 0;
    int err = parse_angle(scan, 90, 'N', 'S', &latitude);
    err = err ? err : parse_angle(scan, 180, 'E', 'W', &longitude);
    err = err ? err : parse_altitude(scan, &altitude);
    err = err ? err : parse_sizes(scan, sizes);
    wr_u8(out, 0); /* version */
    wr_bytes(out, sizes, sizeof sizes);
    wr_u32(out, latitude);
    wr_u32(out, longitude);
    wr_u32(out, altitude);
    return err;
}

static void print_angle(uint32_t angle, char plus, char minus, struct wr *out)
{
    uint32_t ms = angle >= EQUATOR ? angle - EQUATOR : EQUATOR - angle;
    wr_print(out, "%u %u %u.%03u %c ", ms / DEGREE_MS, ms / MINUTE_MS % 60, ms / 1000 % 60,
             ms % 1000, angle >= EQUATOR ? plus : minus);
}

static void print_size(uint8_t size, struct rd *rd, struct wr *out)
{
    uint64_t cm = size >> 4;
    unsigned power = size & 15;
    if (cm > 9 || power > 9 || (cm == 0 && power > 0)) {
        rd_fail(rd, ERR_RDATA);
        return;
    }
    for (; power > 0; power--) {
        cm *= 10;
    }
    unsigned rest = (unsigned)(cm % 100);
    if (rest > 0) {
        wr_print(out, " %u.%02um", (unsigned)(cm / 100), rest);
    } else {
        wr_print(out, " %um", (unsigned)(cm / 100));
    }
}

void dns_text_loc_print(struct rd *rd, struct wr *out)
{
    if (rd_u8(rd) != 0) { /* RFC 1876 2: other versions have another form */
        rd_fail(rd, ERR_RDATA);
    }
    const uint8_t *sizes = rd_take(rd, 3);
    print_angle(rd_u32(rd), 'N', 'S', out);
    print_angle(rd_u32(rd), 'E', 'W', out);
    uint32_t altitude = rd_u32(rd);
    uint32_t cm = altitude >= BELOW_CM ? altitude - BELOW_CM : BELOW_CM - altitude;
    wr_print(out, "%s%u.%02um", altitude < BELOW_CM ? "-" : "", cm / 100, cm % 100);
    for (unsigned i = 0; sizes && i < 3; i++) {
        print_size(sizes[i], rd, out);
    }
}

#include "server/regions_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server/conf_value.h"
#include "server/regions_mmdb.h"

enum { DEGREES_LEN_MAX = 20, TEXT_MAX = 255, LATITUDE_MAX = 90, LONGITUDE_MAX = 180 };

/* --- the schema ---------------------------------------------------------------------------------- */

struct degrees {
    bool is_given;
    double value;
};

struct row {
    const char *centre, *name;
    struct degrees latitude, longitude;
    struct server_conf_prefixes prefixes;
};

struct file {
    struct {
        struct row *items;
        size_t count;
    } regions;
};

static const struct conf_type latitude;

/* -12.5: digits, and digits behind a point. */
static int parse_degrees(struct conf_value *value, void *out_field)
{
    const char *text = value->text + (value->text[0] == '-');
    size_t whole = strspn(text, "0123456789");
    size_t part = text[whole] == '.' ? 1 + strspn(text + whole + 1, "0123456789") : 0;
    if (whole == 0 || part == 1 || text[whole + part] || whole + part > DEGREES_LEN_MAX) {
        return ERR_VALUE;
    }
    struct degrees degrees;
    memset(&degrees, 0, sizeof(degrees));
    degrees.is_given = true;
    degrees.value = strtod(value->text, NULL);
    const double most = value->row->type == &latitude ? LATITUDE_MAX : LONGITUDE_MAX;
    if (degrees.value < -most || degrees.value > most) {
        return ERR_VALUE;
    }
    memcpy(out_field, &degrees, sizeof(degrees));
    return 0;
}

static const struct conf_type latitude = {"degrees from -90 to 90", sizeof(struct degrees), NULL,
                                          parse_degrees};
static const struct conf_type longitude = {"degrees from -180 to 180", sizeof(struct degrees), NULL,
                                           parse_degrees};

#define FIELD(type, field) offsetof(struct type, field), sizeof(((struct type *)0)->field)

static const struct conf_row region_rows[] = {
    {"centre", &conf_type_text, NULL, CONF_ONE, 0, FIELD(row, centre), NULL, 1, TEXT_MAX, "",
     "name of a centre that is as near"},
    {"latitude", &latitude, NULL, CONF_ONE, 0, FIELD(row, latitude), NULL, 0, 0, "degrees",
     "north of the equator"},
    {"longitude", &longitude, NULL, CONF_ONE, 0, FIELD(row, longitude), NULL, 0, 0, "degrees",
     "east of Greenwich"},
    {"name", &conf_type_text, NULL, CONF_ONE, CONF_REQUIRED, FIELD(row, name), NULL, 1, TEXT_MAX,
     "", "division code or region name"},
    {"prefixes", &server_conf_value_prefix, NULL, CONF_LIST, CONF_REQUIRED, FIELD(row, prefixes),
     NULL, 0, 0, "", "networks that are there"},
};
static const struct conf_map region_map = {
    region_rows, sizeof(region_rows) / sizeof(region_rows[0]), sizeof(struct row)};
static const struct conf_row file_rows[] = {
    {"regions", NULL, &region_map, CONF_MAPS, CONF_REQUIRED, FIELD(file, regions), NULL, 0, 0, "",
     "the regions"},
};
static const struct conf_map file_map = {file_rows, 1, sizeof(struct file)};

/* --- from the file into a table ------------------------------------------------------------------ */

static int check_row(const struct conf *conf, const struct row *row, struct err_at *at)
{
    if (row->prefixes.count == 0) {
        return conf_blame(conf, &row->prefixes, at, ERR_MISSING, "no network: nobody is there");
    }
    if (row->latitude.is_given != row->longitude.is_given) {
        return conf_blame(conf, row->latitude.is_given ? &row->latitude : &row->longitude, at,
                          ERR_MISSING, "latitude and longitude come together");
    }
    return 0;
}

static struct regions_place place_of(const struct row *row)
{
    return (struct regions_place){row->name, row->centre, row->latitude.is_given,
                                  row->latitude.value, row->longitude.value};
}

/* The field that row number `position` of the table comes from. */
static const struct server_conf_prefix *field_of(const struct file *file, size_t position)
{
    size_t i = 0;
    while (position >= file->regions.items[i].prefixes.count) {
        position -= file->regions.items[i++].prefixes.count;
    }
    return &file->regions.items[i].prefixes.items[position];
}

static int make(struct conf *conf, struct regions_mmdb *mmdb, struct regions **out_regions,
                struct err_at *at)
{
    const struct file *file = conf_data(conf);
    size_t count = file->regions.count, row_count = 0, twice = 0;
    for (size_t i = 0; i < count; i++) {
        int err = check_row(conf, &file->regions.items[i], at);
        if (err) {
            return err;
        }
        row_count += file->regions.items[i].prefixes.count;
    }
    struct regions_place *places = mem_alloc((count + 1) * sizeof(*places));
    struct regions_table_row *rows = mem_alloc((row_count + 1) * sizeof(*rows));
    struct regions_table_row *next = rows;
    for (size_t i = 0; i < count; i++) {
        const struct row *row = &file->regions.items[i];
        places[i] = place_of(row);
        for (size_t j = 0; j < row->prefixes.count; j++) {
            *next++ = (struct regions_table_row){row->prefixes.items[j], (uint32_t)i};
        }
    }
    int err = regions_create(places, count, rows, row_count, mmdb, out_regions, &twice);
    mem_free(places);
    mem_free(rows);
    return err ? conf_blame(conf, field_of(file, twice), at, err, "this network is given twice")
               : 0;
}

int regions_file_parse(const char *path, const char *text, size_t len, struct regions **out_regions,
                       struct err_at *at)
{
    struct conf *conf;
    int err = conf_parse(path, text, len, &file_map, &conf, at);
    if (!err) {
        err = make(conf, NULL, out_regions, at);
        conf_free(conf);
    }
    return err;
}

/* Open the MaxMind file; an error is shown at the option. */
static int open_geo(const struct conf *conf, const char *const *geo, struct regions_mmdb **out_mmdb,
                    struct err_at *at)
{
    const char *why;
    int err = *geo ? regions_mmdb_open(*geo, out_mmdb, &why) : 0;
    return err ? conf_blame(conf, geo, at, err, "%s: %s", *geo, why) : 0;
}

int regions_file_load(const struct conf *conf, const struct regions_file *file,
                      struct regions **out_regions, struct err_at *at)
{
    struct regions_mmdb *mmdb = NULL;
    int err = open_geo(conf, file->geo, &mmdb, at);
    if (err) {
        return err;
    }
    if (!*file->regions) {
        size_t twice;
        return mmdb ? regions_create(NULL, 0, NULL, 0, mmdb, out_regions, &twice) : 0;
    }
    struct err_at inside = {.text = ""};
    struct conf *part;
    err = conf_load(*file->regions, &file_map, &part, &inside);
    if (!err) {
        err = make(part, mmdb, out_regions, &inside);
        conf_free(part);
    }
    if (err) {
        regions_mmdb_close(mmdb);
        return conf_blame_file(conf, file->regions, at, err, &inside);
    }
    return 0;
}

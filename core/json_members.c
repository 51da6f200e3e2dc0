/* json_members.c: the members of an object and the items of a list, one after the other. */
#include "json_scan.h"

void kzi_members_begin(kzi_members *members, kz_json object)
{
    const char *text = object.text ? object.text : "";
    *members = (kzi_members){ .first = true,
        .scan = { .start = text, .at = text, .end = text + object.length, .max_depth = UINT32_MAX } };
    if (!object.text || !kzi_scan_take(&members->scan, '{', "no object"))
        members->scan.at = members->scan.end;
}

bool kzi_members_next(kzi_members *members, kzi_span *name, kz_json *value)
{
    kzi_scan *scan = &members->scan;
    if (!scan->at || kzi_scan_peek(scan) == '}' || scan->at == scan->end)
        return false;
    if (!members->first && !kzi_scan_take(scan, ',', "no comma"))
        return false;
    members->first = false;
    return kzi_scan_string(scan, name) && kzi_scan_take(scan, ':', "no colon") &&
        kzi_scan_value(scan, &value->text, &value->length);
}

void kzi_items_begin(kzi_items *items, kz_json list)
{
    const char *text = list.text ? list.text : "";
    *items = (kzi_items){ .first = true,
        .scan = { .start = text, .at = text, .end = text + list.length, .max_depth = UINT32_MAX } };
    if (!list.text || !kzi_scan_take(&items->scan, '[', "no list"))
        items->scan.at = items->scan.end;
}

bool kzi_items_next(kzi_items *items, kz_json *value)
{
    kzi_scan *scan = &items->scan;
    if (kzi_scan_peek(scan) == ']' || scan->at == scan->end)
        return false;
    if (!items->first && !kzi_scan_take(scan, ',', "no comma"))
        return false;
    items->first = false;
    return kzi_scan_value(scan, &value->text, &value->length);
}

"""kamiwaza_apigen: turns an OpenAPI 3.0/3.1 description into a C header, tables, and manual pages for libkamiwaza.

The way of a description: load (text to a tree that knows its lines) - schema (a schema's plain meaning, whatever its
spelling) - types (structs and their members) - operations (params, answers) - header, tables, man (text)."""

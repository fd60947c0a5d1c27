#include "proxy/admin/openapi.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "proxy/admin/json.h"

namespace pinnace::admin {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Schemas by name, of every message that is spoken of.
class Schemas {
 public:
  // A reference to the message's schema.
  std::string Of(const Descriptor& type) {
    // As the canonical mapping has them.
    if (type.full_name() == "google.protobuf.Timestamp") {
      return R"({"type":"string","format":"date-time"})";
    }
    if (type.full_name() == "google.protobuf.Duration") {
      return R"({"type":"string","example":"1.5s"})";
    }
    // "Farm.FarmBalance" for one within another.
    const std::string name =
        type.containing_type() == nullptr
            ? type.name()
            : absl::StrCat(type.containing_type()->name(), ".", type.name());
    if (texts_.count(name) == 0) {
      texts_[name];  // A message may hold itself.
      texts_[name] = Object(type);
    }
    return absl::StrCat("{\"$ref\":\"#/components/schemas/", name, "\"}");
  }

  std::string Text() const {
    return absl::StrJoin(texts_, ",", [](std::string* out, const auto& one) {
      absl::StrAppend(out, JsonText(one.first), ":", one.second);
    });
  }

 private:
  std::string Object(const Descriptor& type) {
    std::vector<std::string> properties;
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      properties.push_back(
          absl::StrCat(JsonText(field.json_name()), ":", OfField(field)));
    }
    return absl::StrCat("{\"type\":\"object\",\"properties\":{",
                        absl::StrJoin(properties, ","), "}}");
  }

  std::string OfField(const FieldDescriptor& field) {
    if (field.is_map()) {
      return absl::StrCat("{\"type\":\"object\",\"additionalProperties\":",
                          OfValue(*field.message_type()->map_value()), "}");
    }
    if (field.is_repeated()) {
      return absl::StrCat("{\"type\":\"array\",\"items\":", OfValue(field),
                          "}");
    }
    return OfValue(field);
  }

  std::string OfValue(const FieldDescriptor& field) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return R"({"type":"integer","format":"int32"})";
      case FieldDescriptor::CPPTYPE_UINT32:
        return R"({"type":"integer","format":"int64","minimum":0})";
      case FieldDescriptor::CPPTYPE_INT64:
        return R"({"type":"string","format":"int64"})";
      case FieldDescriptor::CPPTYPE_UINT64:
        return R"({"type":"string","format":"uint64"})";
      case FieldDescriptor::CPPTYPE_FLOAT:
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return R"({"type":"number"})";
      case FieldDescriptor::CPPTYPE_BOOL:
        return R"({"type":"boolean"})";
      case FieldDescriptor::CPPTYPE_STRING:
        return R"({"type":"string"})";
      case FieldDescriptor::CPPTYPE_ENUM: {
        std::vector<std::string> names;
        for (int i = 0; i < field.enum_type()->value_count(); ++i) {
          names.push_back(JsonText(field.enum_type()->value(i)->name()));
        }
        return absl::StrCat("{\"type\":\"string\",\"enum\":[",
                            absl::StrJoin(names, ","), "]}");
      }
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Of(*field.message_type());
    }
    return "{}";
  }

  std::map<std::string, std::string> texts_;
};

std::string Content(absl::string_view type, absl::string_view schema) {
  return absl::StrCat("\"content\":{", JsonText(type), ":{\"schema\":", schema,
                      "}}");
}

std::string ParametersOf(const RouteRow& row) {
  std::vector<std::string> all;
  if (const absl::string_view name = ArgumentName(row.path); !name.empty()) {
    all.push_back(absl::StrCat(
        "{\"name\":", JsonText(name),
        R"(,"in":"path","required":true,"schema":{"type":"string"}})"));
  }
  for (const Parameter& one : row.parameters) {
    all.push_back(absl::StrCat(
        "{\"name\":", JsonText(one.name), ",\"in\":\"query\",\"description\":",
        JsonText(one.help), ",\"schema\":{\"type\":\"",
        one.type == ParameterType::kNumber ? "integer" : "string", "\"}}"));
  }
  return absl::StrJoin(all, ",");
}

std::string Operation(const RouteRow& row, Schemas& schemas) {
  const std::string schema = row.answer == nullptr
                                 ? R"({"type":"string"})"
                                 : schemas.Of(*row.answer->GetDescriptor());
  std::string text = absl::StrCat(JsonText(absl::AsciiStrToLower(row.method)),
                                  ":{\"summary\":", JsonText(row.help),
                                  ",\"parameters\":[", ParametersOf(row), "],");
  if (row.body != nullptr) {
    absl::StrAppend(
        &text, "\"requestBody\":{\"required\":true,",
        Content("application/json", schemas.Of(*row.body->GetDescriptor())),
        "},");
  }
  switch (row.access) {
    case Access::kAnybody:
      text += "\"security\":[],";
      break;
    case Access::kViewer:
      text += "\"security\":[{\"token\":[]}],\"x-role\":\"viewer\",";
      break;
    case Access::kOperator:
      text += "\"security\":[{\"token\":[]}],\"x-role\":\"operator\",";
      break;
  }
  absl::StrAppend(
      &text, "\"responses\":{\"200\":{\"description\":\"OK\",",
      Content(row.type, schema),
      "},\"default\":{\"description\":\"what is wrong\",",
      Content("application/json", R"({"$ref":"#/components/schemas/Error"})"),
      "}}}");
  return text;
}

}  // namespace

std::string OpenApiText(absl::Span<const RouteRow> rows,
                        absl::string_view program_version) {
  Schemas schemas;
  std::map<std::string, std::vector<std::string>> paths;
  for (const RouteRow& row : rows) {
    paths[ShownPath(row.path)].push_back(Operation(row, schemas));
  }
  const std::string all =
      absl::StrJoin(paths, ",", [](std::string* out, const auto& path) {
        absl::StrAppend(out, JsonText(path.first), ":{",
                        absl::StrJoin(path.second, ","), "}");
      });
  return absl::StrCat(
      "{\"openapi\":\"3.0.3\",\"info\":{\"title\":\"Pinnace admin "
      "API\",\"version\":",
      JsonText(program_version), "},\"paths\":{", all,
      "},\"components\":{\"securitySchemes\":{\"token\":{\"type\":\"http\","
      "\"scheme\":\"bearer\"}},\"schemas\":{\"Error\":{\"type\":\"object\","
      "\"properties\":{\"error\":{\"type\":\"string\"}}},",
      schemas.Text(), "}}}\n");
}

}  // namespace pinnace::admin

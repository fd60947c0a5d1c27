#include "proxy/config/config_file.h"

#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"
#include "protos/pinnace/v1/options.pb.h"
#include "proxy/base/printable.h"
#include "proxy/config/enum_words.h"
#include "proxy/config/nearest_name.h"
#include "proxy/snapshot/proto_time.h"
#include "yaml-cpp/yaml.h"

namespace pinnace::config {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

std::vector<std::string> FieldNames(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) {
    names.push_back(type.field(i)->name());
  }
  return names;
}

std::string Join(absl::string_view path, absl::string_view name) {
  return path.empty() ? std::string(name) : absl::StrCat(path, ".", name);
}

std::string Suggestion(absl::string_view name,
                       const std::vector<std::string>& known) {
  const std::string nearest = NearestName(name, known);
  return nearest.empty() ? ""
                         : absl::StrCat("; did you mean \"", nearest, "\"?");
}

}  // namespace

// Walks the YAML nodes beside the message's description.
class ConfigReader {
 public:
  explicit ConfigReader(ConfigFile& file) : file_(file) {}

  void Read(const YAML::Node& root) { ReadMessage(root, "", file_.config_); }
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  void Place(const YAML::Node& node, const std::string& path) {
    const YAML::Mark mark = node.Mark();
    file_.positions_[path] = {mark.line + 1, mark.column + 1};
  }
  void Complain(absl::string_view path, absl::string_view problem) {
    problems_.push_back(file_.Problem(path, problem));
  }

  void ReadMessage(const YAML::Node& node, const std::string& path,
                   Message& message);
  void ReadField(const YAML::Node& node, const std::string& path,
                 const FieldDescriptor& field, Message& message);
  void ReadList(const YAML::Node& node, const std::string& path,
                const FieldDescriptor& field, Message& message);
  void ReadMap(const YAML::Node& node, const std::string& path,
               const FieldDescriptor& field, Message& message);
  void ReadDuration(const YAML::Node& node, const std::string& path,
                    google::protobuf::Duration& duration);
  void ReadScalar(const YAML::Node& node, const std::string& path,
                  const FieldDescriptor& field, Message& message);
  // Nothing, after a complaint, when `node` is not a scalar.
  std::optional<std::string> ScalarText(const YAML::Node& node,
                                        const std::string& path,
                                        absl::string_view wanted);

  ConfigFile& file_;
  std::vector<std::string> problems_;
};

void ConfigReader::ReadMessage(const YAML::Node& node, const std::string& path,
                               Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  if (!node.IsNull() && !node.IsMap()) {
    return Complain(path, "expected a mapping of keys to values");
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const YAML::Node& key_node = entry.first;
    const std::string key = key_node.IsScalar() ? key_node.Scalar() : "?";
    const std::string key_path = Join(path, Printable(key));
    Place(key_node, key_path);
    const FieldDescriptor* field = type.FindFieldByName(key);
    if (field == nullptr) {
      Complain(key_path,
               absl::StrCat("unknown key", Suggestion(key, FieldNames(type))));
      continue;
    }
    if (!seen.insert(key).second) {
      Complain(key_path, "this key is here twice");
      continue;
    }
    ReadField(entry.second, key_path, *field, message);
  }
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.options().GetExtension(v1::must_be_set) &&
        seen.count(field.name()) == 0) {
      Complain(Join(path, field.name()), "must be set");
    }
  }
}

void ConfigReader::ReadField(const YAML::Node& node, const std::string& path,
                             const FieldDescriptor& field, Message& message) {
  // A key with nothing behind it means its default.
  if (node.IsNull()) return;
  if (field.is_map()) return ReadMap(node, path, field, message);
  if (field.is_repeated()) return ReadList(node, path, field, message);
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    Place(node, path);
    return ReadScalar(node, path, field, message);
  }
  Message* child = message.GetReflection()->MutableMessage(&message, &field);
  if (field.message_type() == google::protobuf::Duration::descriptor()) {
    Place(node, path);
    return ReadDuration(node, path,
                        static_cast<google::protobuf::Duration&>(*child));
  }
  ReadMessage(node, path, *child);
}

void ConfigReader::ReadList(const YAML::Node& node, const std::string& path,
                            const FieldDescriptor& field, Message& message) {
  if (!node.IsSequence()) return Complain(path, "expected a list");
  for (size_t i = 0; i < node.size(); ++i) {
    const std::string item_path = absl::StrCat(path, "[", i, "]");
    Place(node[i], item_path);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      ReadMessage(node[i], item_path,
                  *message.GetReflection()->AddMessage(&message, &field));
    } else {
      ReadScalar(node[i], item_path, field, message);
    }
  }
}

void ConfigReader::ReadMap(const YAML::Node& node, const std::string& path,
                           const FieldDescriptor& field, Message& message) {
  if (!node.IsMap()) {
    return Complain(path, "expected a mapping of keys to values");
  }
  std::set<std::string> seen;
  for (const auto& entry : node) {
    const std::optional<std::string> key =
        ScalarText(entry.first, path, "text as the key");
    if (!key.has_value()) continue;
    const std::string key_path = Join(path, Printable(*key));
    Place(entry.first, key_path);
    if (!seen.insert(*key).second) {
      Complain(key_path, "this key is here twice");
      continue;
    }
    Message* pair = message.GetReflection()->AddMessage(&message, &field);
    pair->GetReflection()->SetString(pair, field.message_type()->map_key(),
                                     *key);
    ReadScalar(entry.second, key_path, *field.message_type()->map_value(),
               *pair);
  }
}

void ConfigReader::ReadDuration(const YAML::Node& node, const std::string& path,
                                google::protobuf::Duration& duration) {
  constexpr char kWanted[] = "a duration like \"300s\", \"5m\" or \"1h30m\"";
  const std::optional<std::string> text = ScalarText(node, path, kWanted);
  if (!text.has_value()) return;
  absl::Duration parsed;
  if (!absl::ParseDuration(*text, &parsed) || parsed < absl::ZeroDuration() ||
      parsed > absl::Hours(24 * 3650)) {
    return Complain(path, absl::StrCat("expected ", kWanted, ", not \"",
                                       Printable(*text), "\""));
  }
  duration = snapshot::DurationMessage(parsed);
}

std::optional<std::string> ConfigReader::ScalarText(const YAML::Node& node,
                                                    const std::string& path,
                                                    absl::string_view wanted) {
  if (node.IsScalar()) return node.Scalar();
  Complain(path, absl::StrCat("expected ", wanted, ", not a ",
                              node.IsMap()        ? "mapping"
                              : node.IsSequence() ? "list"
                                                  : "key without a value"));
  return std::nullopt;
}

void ConfigReader::ReadScalar(const YAML::Node& node, const std::string& path,
                              const FieldDescriptor& field, Message& message) {
  const Reflection& reflection = *message.GetReflection();
  const auto wrong = [&](absl::string_view wanted, absl::string_view text) {
    Complain(path, absl::StrCat("expected ", wanted, ", not \"",
                                Printable(text), "\""));
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::optional<std::string> text = ScalarText(node, path, "text");
      if (!text.has_value()) return;
      if (field.is_repeated()) {
        return reflection.AddString(&message, &field, *std::move(text));
      }
      return reflection.SetString(&message, &field, *std::move(text));
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      constexpr char kWanted[] = "a number of 0 or more";
      const std::optional<std::string> text = ScalarText(node, path, kWanted);
      uint32_t number = 0;
      if (!text.has_value()) return;
      if (!absl::SimpleAtoi(*text, &number)) return wrong(kWanted, *text);
      return reflection.SetUInt32(&message, &field, number);
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      constexpr char kWanted[] = "a number of 0 or more";
      const std::optional<std::string> text = ScalarText(node, path, kWanted);
      uint64_t number = 0;
      if (!text.has_value()) return;
      if (!absl::SimpleAtoi(*text, &number)) return wrong(kWanted, *text);
      return reflection.SetUInt64(&message, &field, number);
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      constexpr char kWanted[] = "true or false";
      const std::optional<std::string> text = ScalarText(node, path, kWanted);
      if (!text.has_value()) return;
      if (*text != "true" && *text != "false") return wrong(kWanted, *text);
      return reflection.SetBool(&message, &field, *text == "true");
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const EnumDescriptor& type = *field.enum_type();
      const std::string wanted = absl::StrJoin(EnumWords(type), " | ");
      const std::optional<std::string> text = ScalarText(node, path, wanted);
      if (!text.has_value()) return;
      const std::optional<int> number = EnumNumber(type, *text);
      if (!number.has_value()) return wrong(wanted, *text);
      return reflection.SetEnumValue(&message, &field, *number);
    }
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_MESSAGE:
      // config.proto has none of these at the end of a path.
      return Complain(path, "this key cannot be set in a file");
  }
}

absl::StatusOr<ConfigFile> ConfigFile::Parse(absl::string_view name,
                                             absl::string_view yaml) {
  ConfigFile file;
  file.name_ = std::string(name);
  file.positions_[""] = {1, 1};
  // yaml-cpp throws, at its parser and at every access: this is its edge.
  try {
    ConfigReader reader(file);
    reader.Read(YAML::Load(std::string(yaml)));
    if (!reader.problems().empty()) {
      return absl::InvalidArgumentError(absl::StrJoin(reader.problems(), "\n"));
    }
  } catch (const YAML::Exception& broken) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ":", broken.mark.line + 1, ":",
                     broken.mark.column + 1, ": not YAML: ", broken.msg));
  }
  return file;
}

absl::StatusOr<ConfigFile> ConfigFile::Read(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in || in.bad()) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  }
  return Parse(path, text.str());
}

std::string ConfigFile::Problem(absl::string_view field,
                                absl::string_view problem) const {
  absl::string_view place = field;
  auto found = positions_.find(place);
  while (found == positions_.end()) {
    const size_t end = place.find_last_of(".[");
    place = end == absl::string_view::npos ? "" : place.substr(0, end);
    found = positions_.find(place);
  }
  const std::string where = absl::StrCat(name_, ":", found->second.line, ":",
                                         found->second.column, ": ");
  return field.empty() ? absl::StrCat(where, problem)
                       : absl::StrCat(where, field, ": ", problem);
}

}  // namespace pinnace::config

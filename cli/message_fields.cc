#include "cli/message_fields.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "proxy/base/check.h"
#include "proxy/config/enum_words.h"
#include "proxy/snapshot/proto_time.h"

namespace pinnace::cli {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

constexpr absl::Duration kLongestDuration = absl::Hours(24 * 3650);

absl::Status Wanted(absl::string_view wanted, absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("must be ", wanted, ", not \"", text, "\""));
}

// "a, b or c".
std::string Alternatives(std::vector<std::string> words) {
  const std::string last = words.back();
  words.pop_back();
  return words.empty() ? last
                       : absl::StrCat(absl::StrJoin(words, ", "), " or ", last);
}

bool IsDuration(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type() == google::protobuf::Duration::descriptor();
}

// The message that holds the path's last field, which `field` becomes.
Message& Holder(Message& message, absl::string_view path,
                const FieldDescriptor*& field) {
  Message* holder = &message;
  field = nullptr;
  for (absl::string_view name : absl::StrSplit(path, '.')) {
    if (field != nullptr) {
      holder = holder->GetReflection()->MutableMessage(holder, field);
    }
    field = holder->GetDescriptor()->FindFieldByName(std::string(name));
    PINNACE_CHECK(field != nullptr);
  }
  return *holder;
}

absl::Status SetEntry(Message& message, const FieldDescriptor& field,
                      absl::string_view text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == absl::string_view::npos) {
    return Wanted("KEY=VALUE", text);
  }
  Message& entry = *message.GetReflection()->AddMessage(&message, &field);
  const Reflection& reflection = *entry.GetReflection();
  const Descriptor& type = *entry.GetDescriptor();
  reflection.SetString(&entry, type.map_key(),
                       std::string(text.substr(0, equals)));
  reflection.SetString(&entry, type.map_value(),
                       std::string(text.substr(equals + 1)));
  return absl::OkStatus();
}

absl::Status SetDuration(Message& message, absl::string_view text) {
  absl::StatusOr<absl::Duration> duration = ParsedDuration(text);
  if (!duration.ok()) return duration.status();
  static_cast<google::protobuf::Duration&>(message) =
      snapshot::DurationMessage(*duration);
  return absl::OkStatus();
}

template <typename Number, typename Set>
absl::Status SetNumber(Message& message, const FieldDescriptor& field,
                       absl::string_view text, Set set) {
  Number number = 0;
  if (!absl::SimpleAtoi(text, &number)) {
    return Wanted("a number of 0 or more", text);
  }
  (message.GetReflection()->*set)(&message, &field, number);
  return absl::OkStatus();
}

absl::Status SetEnum(Message& message, const FieldDescriptor& field,
                     absl::string_view text) {
  const std::optional<int> number =
      config::EnumNumber(*field.enum_type(), text);
  if (!number.has_value()) return Wanted(Alternatives(FieldWords(field)), text);
  message.GetReflection()->SetEnumValue(&message, &field, *number);
  return absl::OkStatus();
}

absl::Status SetBool(Message& message, const FieldDescriptor& field,
                     absl::string_view text) {
  if (text != "true" && text != "false") {
    return Wanted(Alternatives(FieldWords(field)), text);
  }
  message.GetReflection()->SetBool(&message, &field, text == "true");
  return absl::OkStatus();
}

// Of texts; no flag is for a list of anything else.
std::optional<std::string> ListText(const Message& message,
                                    const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING || size == 0) {
    return std::nullopt;
  }
  std::string text;
  for (int i = 0; i < size; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ",
                    reflection.GetRepeatedString(message, &field, i));
  }
  return text;
}

}  // namespace

const FieldDescriptor& FieldAt(const Descriptor& type, absl::string_view path) {
  const Descriptor* holder = &type;
  const FieldDescriptor* field = nullptr;
  for (absl::string_view name : absl::StrSplit(path, '.')) {
    if (field != nullptr) holder = field->message_type();
    field = holder->FindFieldByName(std::string(name));
    PINNACE_CHECK(field != nullptr);
  }
  return *field;
}

std::vector<std::string> FieldWords(const FieldDescriptor& field) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    return config::EnumWords(*field.enum_type());
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    return {"true", "false"};
  }
  return {};
}

std::string FieldPlaceholder(const FieldDescriptor& field) {
  const std::vector<std::string> words = FieldWords(field);
  if (!words.empty()) return absl::StrJoin(words, "|");
  if (field.is_map()) return "KEY=VALUE";
  if (IsDuration(field)) return "DURATION";
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING ? "TEXT" : "N";
}

absl::Status SetField(Message& message, absl::string_view path,
                      absl::string_view text) {
  const FieldDescriptor* field = nullptr;
  Message& holder = Holder(message, path, field);
  if (field->is_map()) return SetEntry(holder, *field, text);
  const bool is_text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  if (is_text ? text.empty() : text == kDefaultWord) {
    ClearField(message, path);
    return absl::OkStatus();
  }
  if (is_text) {
    if (field->is_repeated()) {
      holder.GetReflection()->AddString(&holder, field, std::string(text));
    } else {
      holder.GetReflection()->SetString(&holder, field, std::string(text));
    }
    return absl::OkStatus();
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      PINNACE_CHECK(IsDuration(*field));
      return SetDuration(
          *holder.GetReflection()->MutableMessage(&holder, field), text);
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(holder, *field, text);
    case FieldDescriptor::CPPTYPE_BOOL:
      return SetBool(holder, *field, text);
    case FieldDescriptor::CPPTYPE_UINT32:
      return SetNumber<uint32_t>(holder, *field, text, &Reflection::SetUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return SetNumber<uint64_t>(holder, *field, text, &Reflection::SetUInt64);
    case FieldDescriptor::CPPTYPE_STRING:
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      break;  // no flag is for such a field
  }
  return absl::InternalError("cannot be set");
}

void ClearField(Message& message, absl::string_view path) {
  const size_t dot = path.find('.');
  const FieldDescriptor& field =
      FieldAt(*message.GetDescriptor(), path.substr(0, dot));
  const Reflection& reflection = *message.GetReflection();
  if (dot == absl::string_view::npos) {
    return reflection.ClearField(&message, &field);
  }
  if (!reflection.HasField(message, &field)) return;
  Message& child = *reflection.MutableMessage(&message, &field);
  ClearField(child, path.substr(dot + 1));
  if (child.ByteSizeLong() == 0) reflection.ClearField(&message, &field);
}

std::optional<std::string> FieldText(const Message& message,
                                     absl::string_view path) {
  const size_t dot = path.find('.');
  const FieldDescriptor& field =
      FieldAt(*message.GetDescriptor(), path.substr(0, dot));
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) return ListText(message, field);
  if (!reflection.HasField(message, &field)) return std::nullopt;
  if (dot != absl::string_view::npos) {
    return FieldText(reflection.GetMessage(message, &field),
                     path.substr(dot + 1));
  }
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      PINNACE_CHECK(IsDuration(field));
      return absl::FormatDuration(
          snapshot::DurationOf(static_cast<const google::protobuf::Duration&>(
              reflection.GetMessage(message, &field))));
    case FieldDescriptor::CPPTYPE_ENUM:
      return config::EnumWord(*reflection.GetEnum(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      break;  // no flag is for such a field
  }
  return std::nullopt;
}

absl::StatusOr<absl::Duration> ParsedDuration(absl::string_view text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) ||
      duration < absl::ZeroDuration() || duration > kLongestDuration) {
    return Wanted("a duration like 15s or 5m", text);
  }
  return duration;
}

}  // namespace pinnace::cli

using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Graft.House.Tests;

/// <summary>An assembly's public types and members as lines that a person can read and compare.</summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> Of(Assembly assembly)
    {
        bool first = true;
        foreach (var type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            if (!first) yield return "";
            first = false;
            yield return HeadOf(type);
            foreach (string member in MembersOf(type)) yield return $"    {member}";
        }
    }

    private static string HeadOf(Type type)
    {
        string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
            : type.IsValueType ? IsReadOnly(type) ? "readonly struct" : "struct"
            : IsRecord(type) ? type.IsSealed ? "sealed record" : type.IsAbstract ? "abstract record" : "record"
            : type is { IsAbstract: true, IsSealed: true } ? "static class" : type.IsAbstract ? "abstract class" : type.IsSealed ? "sealed class" : "class";
        var bases = new List<string>();
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum)) bases.Add(Words.Of(parent));
        if (!type.IsEnum) bases.AddRange(type.GetInterfaces().Where(face => face.IsPublic).Select(Words.Of).Order(StringComparer.Ordinal));
        string space = type.Namespace is { Length: > 0 } name ? name + "." : "";
        return $"{kind} {space}{Words.Of(type)}{(bases.Count > 0 ? " : " + string.Join(", ", bases) : "")}{Words.Constraints(type.GetGenericArguments())}";
    }

    private static IEnumerable<string> MembersOf(Type type)
    {
        if (type.IsEnum) return type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => $"{field.Name} = {field.GetRawConstantValue()}");
        var lines = new List<string>();
        foreach (var field in type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly))
        {
            string value = field.IsLiteral ? $" = {Words.Value(field.GetRawConstantValue())}" : "";
            string kind = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
            lines.Add($"{kind}{Words.Of(field)} {field.Name}{value}");
        }
        foreach (var constructor in type.GetConstructors(Declared).Where(IsVisible))
            lines.Add($"{Access(constructor)}{Words.Plain(type)}({Words.Parameters(constructor)})");
        foreach (var property in type.GetProperties(Declared))
        {
            var getter = property.GetMethod is { } get && IsVisible(get) ? get : null;
            var setter = property.SetMethod is { } set && IsVisible(set) ? set : null;
            if ((getter ?? setter) is not { } accessor) continue;
            bool init = setter?.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit") == true;
            string name = property.GetIndexParameters().Length > 0 ? $"this[{Words.Parameters(accessor)}]" : property.Name;
            lines.Add($"{Access(accessor)}{Modifiers(accessor)}{Words.Of(property)} {name} {{{(getter is null ? "" : " get;")}{(setter is null ? "" : init ? " init;" : " set;")} }}");
        }
        foreach (var happening in type.GetEvents(Declared).Where(happening => IsVisible(happening.AddMethod!)))
            lines.Add($"{Modifiers(happening.AddMethod!)}event {Words.Of(happening.EventHandlerType!)} {happening.Name}");
        foreach (var method in type.GetMethods(Declared).Where(IsVisible))
        {
            // what the compiler writes into every record says nothing
            if (method.IsDefined(typeof(CompilerGeneratedAttribute))) continue;
            if (method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal)) continue;
            string arguments = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";
            lines.Add(
                $"{Access(method)}{Modifiers(method)}{Words.Of(method.ReturnParameter)} {method.Name}{arguments}({Words.Parameters(method)})" +
                Words.Constraints(method.GetGenericArguments()));
        }
        return lines.Order(StringComparer.Ordinal);
    }

    private static bool IsRecord(Type type) => type.IsClass && type.GetMethod("<Clone>$") is not null;

    private static bool IsReadOnly(Type type) => type.GetCustomAttributes().Any(attribute => attribute.GetType().Name == "IsReadOnlyAttribute");

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodInfo method)
    {
        if (method.IsStatic) return method.IsAbstract ? "static abstract " : method.IsVirtual ? "static virtual " : "static ";
        if (method.DeclaringType!.IsInterface) return "";
        if (method.IsAbstract) return "abstract ";
        if (!method.IsVirtual || method.IsFinal) return "";
        return method.GetBaseDefinition() == method ? "virtual " : "override ";
    }

    /// <summary>Types, parameters and values as C# spells them.</summary>
    private static class Words
    {
        private static readonly Dictionary<Type, string> Keywords = new()
        {
            [typeof(void)] = "void",
            [typeof(object)] = "object",
            [typeof(string)] = "string",
            [typeof(bool)] = "bool",
            [typeof(byte)] = "byte",
            [typeof(int)] = "int",
            [typeof(uint)] = "uint",
            [typeof(long)] = "long",
            [typeof(ulong)] = "ulong",
            [typeof(float)] = "float",
            [typeof(double)] = "double",
            [typeof(char)] = "char",
            [typeof(short)] = "short",
            [typeof(ushort)] = "ushort",
        };

        public static string Plain(Type type) => type.Name.Split('`')[0];

        public static string Of(Type type)
        {
            if (type.IsByRef) return Of(type.GetElementType()!);
            if (Keywords.TryGetValue(type, out string? keyword)) return keyword;
            if (type.IsArray) return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
            if (type.IsPointer) return $"{Of(type.GetElementType()!)}*";
            if (Nullable.GetUnderlyingType(type) is { } underlying) return $"{Of(underlying)}?";
            if (type.IsGenericType && type.Name.StartsWith("ValueTuple`", StringComparison.Ordinal))
                return $"({string.Join(", ", type.GetGenericArguments().Select(Of))})";
            string outer = type is { IsNested: true, IsGenericParameter: false } ? Of(type.DeclaringType!) + "." : "";
            return type.IsGenericType && type.Name.Contains('`', StringComparison.Ordinal)
                ? $"{outer}{Plain(type)}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>"
                : outer + type.Name;
        }

        public static string Of(FieldInfo field) => Of(field.FieldType) + Mark(new NullabilityInfoContext().Create(field).ReadState, field.FieldType);

        public static string Of(PropertyInfo property)
        {
            var state = new NullabilityInfoContext().Create(property);
            return ByReference(property.PropertyType) + Of(property.PropertyType)
                + Mark(property.CanRead ? state.ReadState : state.WriteState, property.PropertyType);
        }

        public static string Of(ParameterInfo parameter) => (parameter.IsOut ? "out " : parameter.IsIn ? "in " : ByReference(parameter.ParameterType))
            + Of(parameter.ParameterType) + Mark(new NullabilityInfoContext().Create(parameter).ReadState, parameter.ParameterType);

        public static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
        {
            bool many = parameter.GetCustomAttributes().Any(attribute => attribute.GetType().Name is "ParamArrayAttribute" or "ParamCollectionAttribute");
            string initial = parameter.HasDefaultValue ? $" = {Value(parameter.RawDefaultValue, parameter.ParameterType)}" : "";
            return $"{(many ? "params " : "")}{Of(parameter)} {parameter.Name}{initial}";
        }));

        public static string Constraints(Type[] arguments)
        {
            var text = new StringBuilder();
            foreach (var argument in arguments.Where(argument => argument.IsGenericParameter))
            {
                var words = new List<string>();
                var attributes = argument.GenericParameterAttributes;
                bool unmanaged = argument.GetCustomAttributes().Any(attribute => attribute.GetType().Name == "IsUnmanagedAttribute");
                if (unmanaged) words.Add("unmanaged");
                else if (attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint)) words.Add("struct");
                else if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint)) words.Add("class");
                words.AddRange(argument.GetGenericParameterConstraints().Where(type => type != typeof(ValueType)).Select(Of).Order(StringComparer.Ordinal));
                if (words.Count > 0) text.Append(" where ").Append(argument.Name).Append(" : ").AppendJoin(", ", words);
            }
            return text.ToString();
        }

        public static string Value(object? value, Type? type = null) => value switch
        {
            null => type is { IsValueType: true } && Nullable.GetUnderlyingType(type) is null ? "default" : "null",
            string text => $"\"{text}\"",
            bool truth => truth ? "true" : "false",
            _ when type is { IsEnum: true } => Enum.ToObject(type, value).ToString()!,
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString()!,
        };

        private static string ByReference(Type type) => type.IsByRef ? "ref " : "";

        private static string Mark(NullabilityState state, Type type) => state == NullabilityState.Nullable && !type.IsValueType ? "?" : "";
    }
}

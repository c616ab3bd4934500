using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using Graft.Testing;

namespace Graft.House.Tests;

/// <summary>Rules on source files that a reviewer would otherwise have to remember.</summary>
public partial class SourceRulesTests
{
    private const int MostLines = 400;
    private const int MostColumns = 190;

    /// <summary>What the compiler itself writes into every assembly, and the base of System.Type, whose Name a message may show.</summary>
    private static readonly string[] HarmlessReflection = ["MemberInfo", "DefaultMemberAttribute"];

    private static readonly string[] RefusedAbbreviations = ["lr", "wd", "bs", "eps", "mom", "cfg", "ctx", "opt", "params"];

    [Fact]
    public void No_file_outgrows_a_reader()
    {
        var outgrown = Sources("src", "tools").Select(file => (file, lines: File.ReadAllLines(file).Length)).Where(item => item.lines > MostLines);
        Assert.True(!outgrown.Any(), $"split at the seam: {string.Join(", ", outgrown.Select(item => $"{Name(item.file)} ({item.lines} lines)"))}");
    }

    [Fact]
    public void No_line_is_wider_than_a_screen()
    {
        var wide = from file in Sources("src", "tools")
                   from line in File.ReadLines(file).Index()
                   where line.Item.Length > MostColumns
                   select $"{Name(file)}:{line.Index + 1} ({line.Item.Length} columns)";
        Assert.True(!wide.Any(), $"wrap at {MostColumns} columns: {string.Join(", ", wide)}");
    }

    /// <summary>As dotnet format's style rules have it, which take minutes for this: namespaces first, System's before others, then static ones, then other names for types.</summary>
    [Fact]
    public void Imports_are_in_order()
    {
        var wrong = from file in Sources("src", "tools", "bench", "samples", "tests")
                    let imports = File.ReadLines(file).TakeWhile(static line => !Namespace().IsMatch(line)).Where(static line => Import().IsMatch(line))
                        .Select(static line => Import().Match(line).Groups[1].Value).ToList()
                    where !imports.SequenceEqual(imports.OrderBy(static name => name, Comparer<string>.Create(InOrder)))
                    select Name(file);
        Assert.True(!wrong.Any(), $"put the imports in order: {string.Join(", ", wrong)}");

        static int InOrder(string one, string other)
        {
            if (Kind(one) != Kind(other)) return Kind(one).CompareTo(Kind(other));
            string[] parts = one.Split('.'), others = other.Split('.');
            bool isSystem = parts[0] == "System", isOtherSystem = others[0] == "System";
            if (isSystem != isOtherSystem) return isSystem ? -1 : 1;
            for (int at = 0; at < Math.Min(parts.Length, others.Length); at++)
                if (string.Compare(parts[at], others[at], StringComparison.InvariantCultureIgnoreCase) is var difference and not 0) return difference;
            return parts.Length.CompareTo(others.Length);
        }

        static int Kind(string name) => name.Contains('=') ? 2 : name.StartsWith("static ", StringComparison.Ordinal) ? 1 : 0;
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        var left = from file in Sources("src", "tools", "bench", "tests")
                   where !Name(file).StartsWith("tests/House.Tests/", StringComparison.Ordinal)
                   from line in File.ReadLines(file).Index()
                   where ForLater().IsMatch(line.Item)
                   select $"{Name(file)}:{line.Index + 1}: {line.Item.Trim()}";
        Assert.Empty(left);
    }

    [Theory, MemberData(nameof(Room.CoreNames), MemberType = typeof(Room))]
    public void Core_assemblies_use_no_reflection(string project)
    {
        using var file = new PEReader(File.OpenRead(Room.Of(project).Assembly.Location));
        var metadata = file.GetMetadataReader();
        var used = from handle in metadata.TypeReferences
                   let reference = metadata.GetTypeReference(handle)
                   let space = metadata.GetString(reference.Namespace)
                   let name = metadata.GetString(reference.Name)
                   where (space.StartsWith("System.Reflection", StringComparison.Ordinal) && !HarmlessReflection.Contains(name)
                          && !(name.StartsWith("Assembly", StringComparison.Ordinal) && name.EndsWith("Attribute", StringComparison.Ordinal)))
                         || (space == "System" && name == "Activator")
                   select $"{space}.{name}";
        Assert.Empty(used);
    }

    [Theory, MemberData(nameof(Room.Names), MemberType = typeof(Room))]
    public void Public_parameters_are_whole_words(string project)
    {
        var shortened = from type in Room.Of(project).Assembly.GetExportedTypes()
                        from method in type.GetMethods().Cast<System.Reflection.MethodBase>().Concat(type.GetConstructors())
                        where method.DeclaringType == type
                        from parameter in method.GetParameters()
                        where RefusedAbbreviations.Contains(parameter.Name)
                        select $"{type.Name}.{method.Name}({parameter.Name})";
        Assert.Empty(shortened);
    }

    [Fact]
    public void No_exception_is_swallowed()
    {
        var swallowed = from file in Sources("src", "tools")
                        let text = File.ReadAllText(file)
                        from Match match in EmptyCatch().Matches(text)
                        select $"{Name(file)}: {match.Value.ReplaceLineEndings(" ")}";
        Assert.Empty(swallowed);
    }

    private static IEnumerable<string> Sources(params string[] folders) =>
        from folder in folders
        let path = Path.Combine(RealData.Repository, folder)
        where Directory.Exists(path)
        from file in Directory.GetFiles(path, "*.cs", SearchOption.AllDirectories)
        select file;

    private static string Name(string file) => Path.GetRelativePath(RealData.Repository, file).Replace('\\', '/');

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex ForLater();

    [GeneratedRegex(@"catch\s*(\((System\.)?Exception(\s+\w+)?\)\s*)?\{\s*\}")]
    private static partial Regex EmptyCatch();

    [GeneratedRegex(@"^using ([^(;]+);")]
    private static partial Regex Import();

    [GeneratedRegex(@"^(namespace|\[assembly|(public |internal |file )*(static |sealed |abstract |readonly |partial )*(class|record|struct|interface|enum) )")]
    private static partial Regex Namespace();
}

using Graft.Testing;

namespace Graft.House.Tests;

/// <summary>The public surface of each library against the file that was last agreed on. What users see changes on purpose or
/// not at all.</summary>
public class PublicApiTests
{
    /// <summary>Set to 1 by <c>./accept-api</c>, which a person runs to agree to a change.</summary>
    private const string Accept = "GRAFT_ACCEPT_API";

    [Theory, MemberData(nameof(Room.Names), MemberType = typeof(Room))]
    public void Public_surface_is_the_one_agreed_on(string project)
    {
        var room = Room.Of(project);
        string file = Path.Combine(RealData.Repository, "tests", "House.Tests", "PublicApi", $"{room.AssemblyName}.txt");
        string[] actual = [.. PublicSurface.Of(room.Assembly)];
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", "a change of the public surface is agreed to by a person, not by CI");
            File.WriteAllText(file, string.Concat(actual.Select(line => line + "\n")));
            Assert.Skip($"{Path.GetFileName(file)} was written; look at its diff and commit it");
        }

        Assert.True(File.Exists(file), $"there is no {file}; run ./accept-api");
        string difference = Difference.Between(File.ReadAllLines(file), actual);
        Assert.True(
            difference.Length == 0,
            $"the public surface of {room.AssemblyName} changed:\n{difference}\nif that is meant, run ./accept-api and commit tests/House.Tests/PublicApi");
    }

    [Fact]
    public void A_difference_shows_what_went_and_what_came_under_its_type()
    {
        string difference = Difference.Between(["class A", "    int One()", "    int Two()", "class B", "    int Two()"], ["class A", "    int One()", "class B", "    int Three()", "    int Two()"]);
        Assert.Equal("  class A\n-     int Two()\n  class B\n+     int Three()", difference);
        Assert.Equal("", Difference.Between(["class A", "    int One()"], ["class A", "    int One()"]));
    }
}

/// <summary>Two lists of types with their members, compared.</summary>
internal static class Difference
{
    public static string Between(string[] before, string[] after)
    {
        var (old, now) = (ByType(before), ByType(after));
        var lines = new List<string>();
        foreach (string type in old.Keys.Union(now.Keys).Order(StringComparer.Ordinal))
        {
            string[] had = old.GetValueOrDefault(type, []), has = now.GetValueOrDefault(type, []);
            string[] changes = [.. had.Except(has).Select(line => $"- {line}"), .. has.Except(had).Select(line => $"+ {line}")];
            bool came = !old.ContainsKey(type), went = !now.ContainsKey(type);
            if (changes.Length > 0 || came || went) lines.AddRange([$"{(came ? '+' : went ? '-' : ' ')} {type}", .. changes]);
        }
        return string.Join('\n', lines);
    }

    private static Dictionary<string, string[]> ByType(string[] lines)
    {
        var types = new Dictionary<string, List<string>>();
        string type = "";
        foreach (string line in lines.Where(line => line.Length > 0))
        {
            if (line[0] != ' ') types[type = line] = [];
            else types[type].Add(line);
        }
        return types.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray());
    }
}

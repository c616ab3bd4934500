using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Graft.Testing;

namespace Graft.House.Tests;

/// <summary>Who sees an assembly's insides: its own tests and what tests share. Everybody else, the rooms among themselves included, sees
/// of it what a user sees.</summary>
public class FriendshipTests
{
    private const string Outside = "Graft.Outside.Tests";

    [Fact]
    public void Nobody_calls_the_outside_or_a_sample_a_friend()
    {
        string[] strangers = [Outside, "Graft.Samples.Tests", .. Samples()];
        var friends = from assembly in Room.All.Select(room => room.Assembly).Append(typeof(RealData).Assembly)
                      from friend in assembly.GetCustomAttributes<InternalsVisibleToAttribute>()
                      where strangers.Contains(friend.AssemblyName.Split(',')[0], StringComparer.OrdinalIgnoreCase)
                      select $"{assembly.GetName().Name} shows its internals to {friend.AssemblyName}";
        Assert.Empty(friends);

        var written = from file in Directory.EnumerateFiles(RealData.Repository, "*.*proj", SearchOption.AllDirectories)
                      where !file.StartsWith(Path.Combine(RealData.Repository, "artifacts"), StringComparison.Ordinal)
                      from element in XDocument.Load(file).Descendants("InternalsVisibleTo")
                      let name = element.Attribute("Include")!.Value
                      where strangers.Contains(name, StringComparer.OrdinalIgnoreCase)
                      select $"{Path.GetRelativePath(RealData.Repository, file)}: {name}";
        Assert.Empty(written);
    }

    /// <summary>The friends of a room. A further one needs a reason, which stands beside its line in <c>src/Directory.Build.props</c>.</summary>
    [Theory]
    [MemberData(nameof(Room.Names), MemberType = typeof(Room))]
    public void A_room_shows_its_insides_to_its_tests_alone(string project)
    {
        var room = Room.Of(project);
        string[] friends = [$"{room.AssemblyName}.Tests", "Graft.Testing", .. project == "Autograd" ? ["Graft.Models.Tests"] : Array.Empty<string>()];
        var found = room.Assembly.GetCustomAttributes<InternalsVisibleToAttribute>().Select(friend => friend.AssemblyName.Split(',')[0]);
        Assert.Equal(friends.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
    }

    /// <summary>Tools, benchmarks, samples and tests name their friends in their own project files.</summary>
    [Fact]
    public void A_project_names_tests_alone_as_its_friends()
    {
        var written = from folder in (string[])["src", "tools", "bench", "samples", "tests"]
                      from file in Directory.EnumerateFiles(Path.Combine(RealData.Repository, folder), "*.*", SearchOption.AllDirectories)
                      where Path.GetExtension(file) is ".csproj" or ".props" or ".targets"
                      from element in XDocument.Load(file).Descendants("InternalsVisibleTo")
                      let name = element.Attribute("Include")!.Value
                      where !name.EndsWith(".Tests", StringComparison.Ordinal) && name != "Graft.Testing"
                      select $"{Path.GetRelativePath(RealData.Repository, file)}: {name}";
        Assert.Empty(written);
    }

    [Fact]
    public void The_outside_project_stands_where_the_rule_looks_for_it() =>
        Assert.True(File.Exists(Path.Combine(RealData.Repository, "tests", "Outside.Tests", "Outside.Tests.csproj")));

    private static IEnumerable<string> Samples() =>
        from file in Directory.EnumerateFiles(Path.Combine(RealData.Repository, "samples"), "*.csproj", SearchOption.AllDirectories)
        let named = XDocument.Load(file).Descendants("AssemblyName").SingleOrDefault()?.Value
        select named ?? Path.GetFileNameWithoutExtension(file);
}

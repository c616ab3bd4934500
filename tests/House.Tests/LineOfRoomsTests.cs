using System.Xml.Linq;
using Graft.Testing;

namespace Graft.House.Tests;

/// <summary>Each assembly uses what stands to its left and nothing else.</summary>
public class LineOfRoomsTests
{
    [Theory, MemberData(nameof(Room.Names), MemberType = typeof(Room))]
    public void Code_names_only_assemblies_to_the_left(string project)
    {
        var room = Room.Of(project);
        var foreign = room.Assembly.GetReferencedAssemblies().Select(name => name.Name!).Where(name => !IsBaseLibrary(name)).Except(room.Assemblies);
        Assert.True(!foreign.Any(), $"{room.AssemblyName} uses {string.Join(", ", foreign)}; it may use {Words([.. room.Assemblies, "the base class library"])}");
    }

    [Theory, MemberData(nameof(Room.Names), MemberType = typeof(Room))]
    public void Projects_refer_to_their_left_neighbour(string project)
    {
        // the compiler drops a reference that no code uses: the project files are read as well
        var room = Room.Of(project);
        var file = XDocument.Load(Path.Combine(RealData.Repository, "src", project, $"{project}.csproj"));
        var projects = Includes(file, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path));
        Assert.Equal(room.Projects, projects);
        var packages = Includes(file, "PackageReference").Except(room.Packages);
        Assert.True(!packages.Any(), $"{project}.csproj refers to {string.Join(", ", packages)}; it may refer to {Words(room.Packages)}");
        Assert.Empty(Includes(file, "Reference"));
    }

    [Fact]
    public void Every_library_is_a_room()
    {
        var projects = Directory.GetDirectories(Path.Combine(RealData.Repository, "src")).Select(folder => Path.GetFileName(folder));
        Assert.Equal(Room.All.Select(room => room.Project).Order(), projects.Order());
    }

    [Fact]
    public void Every_library_tool_and_test_project_is_in_the_solution()
    {
        var listed = XDocument.Load(Path.Combine(RealData.Repository, "Graft.slnx")).Descendants("Project").Select(project => project.Attribute("Path")!.Value);
        var found = from folder in new[] { "src", "tests", "tools" }
                    let path = Path.Combine(RealData.Repository, folder)
                    where Directory.Exists(path)
                    from file in Directory.GetFiles(path, "*.csproj", SearchOption.AllDirectories)
                    select Path.GetRelativePath(RealData.Repository, file).Replace('\\', '/');
        Assert.Empty(found.Except(listed));
    }

    [Fact]
    public void Versions_of_packages_stand_in_one_place()
    {
        var folders = new[] { "src", "tests", "tools", "bench" }.Select(folder => Path.Combine(RealData.Repository, folder)).Where(Directory.Exists);
        var offenders = from folder in folders
                        from file in Directory.GetFiles(folder, "*.csproj", SearchOption.AllDirectories)
                        from reference in XDocument.Load(file).Descendants("PackageReference")
                        where reference.Attribute("Version") is not null
                        select $"{Path.GetFileName(file)}: {reference.Attribute("Include")?.Value}";
        Assert.Empty(offenders);
    }

    private static bool IsBaseLibrary(string name) => name.StartsWith("System.", StringComparison.Ordinal) || name is "System" or "netstandard" or "mscorlib";

    private static string[] Includes(XDocument file, string element) =>
        [.. file.Descendants(element).Select(reference => reference.Attribute("Include")!.Value.Replace('\\', '/'))];

    private static string Words(string[] names) => names.Length == 0 ? "no package" : string.Join(", ", names);
}

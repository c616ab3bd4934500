using Graft.Hub;
using Graft.Onnx;

namespace Graft.Tasks;

/// <summary>What a name or path of an image model leads to.</summary>
public enum ImageModelKind
{
    /// <summary>The name of an architecture: <c>resnet50</c>.</summary>
    Architecture,

    /// <summary>The name of published weights, or of a repository of the hub: <c>resnet50.IMAGENET1K_V2</c>, <c>microsoft/resnet-50</c>.</summary>
    Published,

    /// <summary>A folder that a task saved.</summary>
    Saved,

    /// <summary>A folder as on the Hugging Face hub, timm's among them.</summary>
    HubFolder,

    /// <summary>An ONNX file.</summary>
    Onnx,
}

/// <summary>Tells kinds of names apart.</summary>
public static class ImageModelKinds
{
    /// <summary>The names that are no paths: architectures and published weights.</summary>
    public static IEnumerable<string> Names => ModelRegistry.Names.Concat(PublishedModels.All.Select(row => row.Name)).Distinct(StringComparer.Ordinal);

    /// <summary>What a name or path leads to: an architecture's name before a path, a path before what can be fetched; null for nothing.</summary>
    /// <param name="name">The name or path.</param>
    public static ImageModelKind? Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (ModelRegistry.Names.Contains(name)) return ImageModelKind.Architecture;
        if (Directory.Exists(name))
        {
            return ModelFolder.IsSaved(name) ? ImageModelKind.Saved
                : ModelFolder.IsOne(name) ? ImageModelKind.HubFolder
                : Directory.EnumerateFiles(name, "*.onnx").Any() ? ImageModelKind.Onnx : ImageModelKind.Saved;
        }
        if (File.Exists(name)) return OnnxFormat.IsNamed(name) ? ImageModelKind.Onnx : null;
        return PublishedModelFetcher.IsFetchable(name) ? ImageModelKind.Published : null;
    }
}

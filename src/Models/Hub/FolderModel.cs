namespace Graft.Models;

/// <summary>Makes a model, with initial values, from files of its folder.</summary>
/// <param name="pathOf">The path of a file of the folder, by its name.</param>
/// <param name="classes">The number of classes.</param>
/// <exception cref="CheckpointException">A file is missing or malformed.</exception>
public delegate ImageModel FolderModel(Func<string, string> pathOf, int classes);

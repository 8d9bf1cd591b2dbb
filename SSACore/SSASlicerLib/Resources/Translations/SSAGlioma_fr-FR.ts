<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr-FR" sourcelanguage="en-US">
 <context>
  <name>SSACore</name>
  <message>
   <source>SSAGlioma Core</source>
   <translation>Noyau SSAGlioma</translation>
  </message>
  <message>
   <source>The library that the SSAGlioma modules share. It has no panel of its own.</source>
   <translation>La bibliothèque que partagent les modules SSAGlioma. Elle n'a pas de panneau à elle.</translation>
  </message>
  <message>
   <source>Written by the SSAGlioma developers. License: Apache-2.0.</source>
   <translation>Écrit par les développeurs de SSAGlioma. Licence : Apache-2.0.</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSeg</name>
  <message>
   <source>SSAGlioma Segmentation</source>
   <translation>SSAGlioma Segmentation</translation>
  </message>
  <message>
   <source>Segments necrosis, edema and enhancing tumor of adult gliomas on T1, T1Gd, T2 and FLAIR, on a computer without a GPU. Research use only.</source>
   <translation>Segmente la nécrose, l'œdème et la tumeur rehaussée des gliomes de l'adulte sur T1, T1Gd, T2 et FLAIR, sur un ordinateur sans GPU. Réservé à la recherche.</translation>
  </message>
  <message>
   <source>Network: nnU-Net's plan (Isensee et al. 2021). Labels: BraTS 2023. License: Apache-2.0.</source>
   <translation>Réseau : plan de nnU-Net (Isensee et al. 2021). Étiquettes : BraTS 2023. Licence : Apache-2.0.</translation>
  </message>
  <message>
   <source>●</source>
   <translation>●</translation>
  </message>
  <message>
   <source>Sequences</source>
   <translation>Séquences</translation>
  </message>
  <message>
   <source>T1</source>
   <translation>T1</translation>
  </message>
  <message>
   <source>The T1 image: skull-stripped, aligned with the others.</source>
   <translation>L'image T1 : crâne retiré, alignée sur les autres.</translation>
  </message>
  <message>
   <source>None</source>
   <translation>Aucun</translation>
  </message>
  <message>
   <source>-</source>
   <translation>-</translation>
  </message>
  <message>
   <source>How sure the choice of T1 is, and why.</source>
   <translation>Degré de certitude du choix de T1, et pourquoi.</translation>
  </message>
  <message>
   <source>T1Gd</source>
   <translation>T1Gd</translation>
  </message>
  <message>
   <source>The T1Gd image: skull-stripped, aligned with the others.</source>
   <translation>L'image T1Gd : crâne retiré, alignée sur les autres.</translation>
  </message>
  <message>
   <source>How sure the choice of T1Gd is, and why.</source>
   <translation>Degré de certitude du choix de T1Gd, et pourquoi.</translation>
  </message>
  <message>
   <source>T2</source>
   <translation>T2</translation>
  </message>
  <message>
   <source>The T2 image: skull-stripped, aligned with the others.</source>
   <translation>L'image T2 : crâne retiré, alignée sur les autres.</translation>
  </message>
  <message>
   <source>How sure the choice of T2 is, and why.</source>
   <translation>Degré de certitude du choix de T2, et pourquoi.</translation>
  </message>
  <message>
   <source>FLAIR</source>
   <translation>FLAIR</translation>
  </message>
  <message>
   <source>The FLAIR image: skull-stripped, aligned with the others.</source>
   <translation>L'image FLAIR : crâne retiré, alignée sur les autres.</translation>
  </message>
  <message>
   <source>How sure the choice of FLAIR is, and why.</source>
   <translation>Degré de certitude du choix de FLAIR, et pourquoi.</translation>
  </message>
  <message>
   <source>Fill from loaded volumes</source>
   <translation>Remplir avec les volumes chargés</translation>
  </message>
  <message>
   <source>Choose T1, T1Gd, T2 and FLAIR among the loaded volumes by their names and DICOM values. Takes no time and changes no image.</source>
   <translation>Choisit T1, T1Gd, T2 et FLAIR parmi les volumes chargés, d'après leurs noms et leurs valeurs DICOM. Immédiat ; ne change aucune image.</translation>
  </message>
  <message>
   <source>Fill from folder or DICOM...</source>
   <translation>Remplir à partir d'un dossier ou de DICOM...</translation>
  </message>
  <message>
   <source>Load a folder of files, or a DICOM study, and choose the four images. Nothing in the folder is changed.</source>
   <translation>Charge un dossier de fichiers ou un examen DICOM et choisit les quatre images. Rien n'est changé dans le dossier.</translation>
  </message>
  <message>
   <source>Show</source>
   <translation>Montrer</translation>
  </message>
  <message>
   <source>Show size, voxel size and orientation of each image.</source>
   <translation>Montre la taille, la taille de voxel et l'orientation de chaque image.</translation>
  </message>
  <message>
   <source>Resample</source>
   <translation>Rééchantillonner</translation>
  </message>
  <message>
   <source>Make copies of the images on the grid of T1Gd (or FLAIR) by their headers. The originals stay. It does not correct movement between sequences. Raw scans need no resampling: they are aligned by Apply.</source>
   <translation>Copier les images sur la grille du T1Gd (ou du FLAIR) d'après leurs en-têtes. Les originaux restent. Ne corrige pas les mouvements entre les séquences. Les images brutes n'ont pas besoin d'être rééchantillonnées : Appliquer les recale.</translation>
  </message>
  <message>
   <source>Prepare</source>
   <translation>Préparer</translation>
  </message>
  <message>
   <source>Align the images to T1Gd, take the skull and the coil's shading away, and judge them, before they are segmented; about half a minute more. Automatic does so where they look raw. The result lies on T1Gd as it was scanned. Holds for Apply and Batch.</source>
   <translation>Avant la segmentation, recaler les images sur le T1Gd, enlever le crâne et l'ombrage de l'antenne, et les juger ; environ une demi-minute de plus. Automatique le fait si elles semblent brutes. Le résultat est sur le T1Gd tel qu'il a été acquis. Vaut pour Appliquer et pour le lot.</translation>
  </message>
  <message>
   <source>Load aligned copies</source>
   <translation>Charger les copies recalées</translation>
  </message>
  <message>
   <source>Also load the aligned, stripped images that the model saw. Takes a few seconds more; your images stay as they are.</source>
   <translation>Charger aussi les images recalées et sans crâne que le modèle a vues. Quelques secondes de plus ; vos images restent telles quelles.</translation>
  </message>
  <message>
   <source>Grids of the chosen images; those that differ from the result's grid are marked.</source>
   <translation>Grilles des images choisies ; celles qui diffèrent de la grille du résultat sont marquées.</translation>
  </message>
  <message>
   <source>Segment</source>
   <translation>Segmenter</translation>
  </message>
  <message>
   <source>Model</source>
   <translation>Modèle</translation>
  </message>
  <message>
   <source>Which trained network segments the case. The button beside it tells what it was trained on.</source>
   <translation>Le réseau entraîné qui segmente le cas. Le bouton à côté dit sur quoi il a appris.</translation>
  </message>
  <message>
   <source>i</source>
   <translation>i</translation>
  </message>
  <message>
   <source>What this model was trained on, its scores and its license.</source>
   <translation>Ce sur quoi ce modèle a été entraîné, ses scores et sa licence.</translation>
  </message>
  <message>
   <source>...</source>
   <translation>...</translation>
  </message>
  <message>
   <source>Add a model package from a folder. Its files are checked before use.</source>
   <translation>Ajoute un modèle à partir d'un dossier. Ses fichiers sont vérifiés avant tout usage.</translation>
  </message>
  <message>
   <source>Output</source>
   <translation>Sortie</translation>
  </message>
  <message>
   <source>Where the result goes. A new segmentation keeps earlier results.</source>
   <translation>Où va le résultat. Une nouvelle segmentation garde les résultats antérieurs.</translation>
  </message>
  <message>
   <source>Create new segmentation</source>
   <translation>Créer une nouvelle segmentation</translation>
  </message>
  <message>
   <source>Apply</source>
   <translation>Appliquer</translation>
  </message>
  <message>
   <source>Segment the case. A first, coarse look is drawn as outlines as soon as it is there; it is not the result, and goes when the run ends.</source>
   <translation>Segmenter le cas. Un premier aperçu grossier est dessiné en contours dès qu'il est prêt ; ce n'est pas le résultat, et il disparaît à la fin du calcul.</translation>
  </message>
  <message>
   <source>Cancel</source>
   <translation>Annuler</translation>
  </message>
  <message>
   <source>Stop the running work. A preview is removed; nothing else in the scene is changed.</source>
   <translation>Arrêter le calcul en cours. L'aperçu est retiré ; rien d'autre n'est modifié dans la scène.</translation>
  </message>
  <message>
   <source>Results</source>
   <translation>Résultats</translation>
  </message>
  <message>
   <source>Volume, largest diameter, number of lesions and confidence of each region.</source>
   <translation>Volume, plus grand diamètre, nombre de lésions et confiance de chaque région.</translation>
  </message>
  <message>
   <source>Four views</source>
   <translation>Quatre vues</translation>
  </message>
  <message>
   <source>Show T1, T1Gd, T2 and FLAIR side by side at the same slice.</source>
   <translation>Montre T1, T1Gd, T2 et FLAIR côte à côte à la même coupe.</translation>
  </message>
  <message>
   <source>Show 3D</source>
   <translation>Montrer en 3D</translation>
  </message>
  <message>
   <source>Show the surfaces of the segments in the 3D view.</source>
   <translation>Montre les surfaces des segments dans la vue 3D.</translation>
  </message>
  <message>
   <source>Outline</source>
   <translation>Contour</translation>
  </message>
  <message>
   <source>Show the segments as outlines instead of filled.</source>
   <translation>Montre les segments comme des contours au lieu de surfaces pleines.</translation>
  </message>
  <message>
   <source>Overlay</source>
   <translation>Superposition</translation>
  </message>
  <message>
   <source>What is drawn over the images: the segments, the probability of tumor, the doubt of the model, the differences from the reference, or nothing.</source>
   <translation>Ce qui est dessiné sur les images : les segments, la probabilité de tumeur, le doute du modèle, les différences avec la référence, ou rien.</translation>
  </message>
  <message>
   <source>Go to worst slice</source>
   <translation>Aller à la pire coupe</translation>
  </message>
  <message>
   <source>Go to the axial slice in which the model doubts most.</source>
   <translation>Va à la coupe axiale où le modèle doute le plus.</translation>
  </message>
  <message>
   <source>Diameters</source>
   <translation>Diamètres</translation>
  </message>
  <message>
   <source>Draw the largest axial diameter of enhancing tumor and its perpendicular (RANO) as lines that you can edit.</source>
   <translation>Dessine le plus grand diamètre axial de la tumeur rehaussée et sa perpendiculaire (RANO), comme des lignes modifiables.</translation>
  </message>
  <message>
   <source>Earlier result</source>
   <translation>Résultat antérieur</translation>
  </message>
  <message>
   <source>A segmentation of the same patient at an earlier date, to compare volumes.</source>
   <translation>Une segmentation du même patient à une date antérieure, pour comparer les volumes.</translation>
  </message>
  <message>
   <source>Report...</source>
   <translation>Compte rendu...</translation>
  </message>
  <message>
   <source>Write an HTML report with pictures and numbers. The patient is not named unless you ask for it in Advanced.</source>
   <translation>Écrit un compte rendu HTML avec images et mesures. Le patient n'est pas nommé, sauf si vous le demandez dans Avancé.</translation>
  </message>
  <message>
   <source>Export...</source>
   <translation>Exporter...</translation>
  </message>
  <message>
   <source>Write the labelmap on the grid of the images (NIfTI, NRRD) or the segmentation (.seg.nrrd).</source>
   <translation>Écrit la carte d'étiquettes sur la grille des images (NIfTI, NRRD) ou la segmentation (.seg.nrrd).</translation>
  </message>
  <message>
   <source>DICOM SEG...</source>
   <translation>DICOM SEG...</translation>
  </message>
  <message>
   <source>Write a DICOM segmentation. Needs images that were loaded through Slicer's DICOM module.</source>
   <translation>Écrit une segmentation DICOM. Demande des images chargées par le module DICOM de Slicer.</translation>
  </message>
  <message>
   <source>Compare with reference</source>
   <translation>Comparer à une référence</translation>
  </message>
  <message>
   <source>Reference</source>
   <translation>Référence</translation>
  </message>
  <message>
   <source>Segmentation or labelmap drawn by an expert, of the same patient.</source>
   <translation>Segmentation ou carte d'étiquettes dessinée par un expert, du même patient.</translation>
  </message>
  <message>
   <source>Compare</source>
   <translation>Comparer</translation>
  </message>
  <message>
   <source>Score the result against the reference. Takes a few seconds.</source>
   <translation>Note le résultat par rapport à la référence. Prend quelques secondes.</translation>
  </message>
  <message>
   <source>Point at a heading to read its definition.</source>
   <translation>Passez la souris sur un titre pour lire sa définition.</translation>
  </message>
  <message>
   <source>Differences in</source>
   <translation>Différences de</translation>
  </message>
  <message>
   <source>Region whose differences are shown.</source>
   <translation>Région dont les différences sont montrées.</translation>
  </message>
  <message>
   <source>Show differences</source>
   <translation>Montrer les différences</translation>
  </message>
  <message>
   <source>Missed blue, extra orange, agreed green outline, in a segmentation of its own.</source>
   <translation>Manqué en bleu, en excès en orange, concordant en contour vert, dans une segmentation à part.</translation>
  </message>
  <message>
   <source>Plot</source>
   <translation>Graphique</translation>
  </message>
  <message>
   <source>Show the Dice scores in a chart.</source>
   <translation>Montre les Dice dans un graphique.</translation>
  </message>
  <message>
   <source>Correct</source>
   <translation>Corriger</translation>
  </message>
  <message>
   <source>Student mode: draw first, then see the model</source>
   <translation>Mode étudiant : dessiner d'abord, voir le modèle ensuite</translation>
  </message>
  <message>
   <source>Hides the result of the model. You draw on an empty segmentation and press Score my drawing.</source>
   <translation>Cache le résultat du modèle. Vous dessinez sur une segmentation vide et appuyez sur Noter mon dessin.</translation>
  </message>
  <message>
   <source>Start</source>
   <translation>Démarrer</translation>
  </message>
  <message>
   <source>Edit the result. The model's own result is kept unchanged beside it.</source>
   <translation>Modifier le résultat. Celui du modèle est gardé intact à côté.</translation>
  </message>
  <message>
   <source>Next doubtful slice</source>
   <translation>Coupe douteuse suivante</translation>
  </message>
  <message>
   <source>Go to the next axial slice that is not yet accepted, the most doubtful first.</source>
   <translation>Va à la prochaine coupe axiale non encore acceptée, la plus douteuse d'abord.</translation>
  </message>
  <message>
   <source>Accept slice</source>
   <translation>Accepter la coupe</translation>
  </message>
  <message>
   <source>Mark this slice as checked.</source>
   <translation>Marque cette coupe comme vérifiée.</translation>
  </message>
  <message>
   <source>Score my drawing</source>
   <translation>Noter mon dessin</translation>
  </message>
  <message>
   <source>Show the model's result and the scores of your drawing against it or against the reference.</source>
   <translation>Montre le résultat du modèle et les scores de votre dessin par rapport à lui ou à la référence.</translation>
  </message>
  <message>
   <source>Folder that collects corrected cases for later training. Nothing in it is overwritten.</source>
   <translation>Dossier qui réunit les cas corrigés pour un entraînement futur. Rien n'y est écrasé.</translation>
  </message>
  <message>
   <source>Save correction</source>
   <translation>Enregistrer la correction</translation>
  </message>
  <message>
   <source>Write the images, the corrected labels, the model's labels and what was changed into the folder.</source>
   <translation>Écrit dans le dossier les images, les étiquettes corrigées, celles du modèle et ce qui a changé.</translation>
  </message>
  <message>
   <source>Batch</source>
   <translation>Lot</translation>
  </message>
  <message>
   <source>Cases in</source>
   <translation>Cas dans</translation>
  </message>
  <message>
   <source>Folder with one sub-folder for each case.</source>
   <translation>Dossier avec un sous-dossier par cas.</translation>
  </message>
  <message>
   <source>Results to</source>
   <translation>Résultats vers</translation>
  </message>
  <message>
   <source>Folder for the segmentations and batch.csv. Finished cases are not done again.</source>
   <translation>Dossier des segmentations et de batch.csv. Les cas terminés ne sont pas refaits.</translation>
  </message>
  <message>
   <source>Segment every case of the folder. Finished cases are skipped; a bad case does not stop the rest.</source>
   <translation>Segmente tous les cas du dossier. Les cas terminés sont sautés ; un mauvais cas n'arrête pas les autres.</translation>
  </message>
  <message>
   <source>Stop after a moment. Finished cases are kept.</source>
   <translation>Arrête après un instant. Les cas terminés sont conservés.</translation>
  </message>
  <message>
   <source>One row for each case.</source>
   <translation>Une ligne par cas.</translation>
  </message>
  <message>
   <source>Advanced</source>
   <translation>Avancé</translation>
  </message>
  <message>
   <source>Device</source>
   <translation>Appareil</translation>
  </message>
  <message>
   <source>Where the network runs. auto takes the GPU when a test on it succeeds, else the CPU.</source>
   <translation>Où tourne le réseau. auto prend le GPU si un essai y réussit, sinon le processeur.</translation>
  </message>
  <message>
   <source>Report in</source>
   <translation>Compte rendu en</translation>
  </message>
  <message>
   <source>Language of the report.</source>
   <translation>Langue du compte rendu.</translation>
  </message>
  <message>
   <source>Mirror where in doubt (a little slower and better)</source>
   <translation>Miroir en cas de doute (un peu plus lent et meilleur)</translation>
  </message>
  <message>
   <source>Average with the result on the left-right mirrored images where the model is in doubt: about a third more time. A 3D model mirrors everything, which takes twice as long.</source>
   <translation>Moyenne avec le résultat sur les images inversées gauche-droite là où le modèle doute : environ un tiers de temps en plus. Un modèle 3D inverse tout, ce qui prend deux fois plus de temps.</translation>
  </message>
  <message>
   <source>Resample images of different grids</source>
   <translation>Rééchantillonner les images de grilles différentes</translation>
  </message>
  <message>
   <source>For Apply and Batch: bring all images to the grid of T1Gd, trusting their scanner coordinates. They must be aligned and skull-stripped already; nothing is prepared then.</source>
   <translation>Pour Appliquer et le lot : amener toutes les images sur la grille du T1Gd d'après leurs coordonnées d'acquisition. Elles doivent déjà être recalées et sans crâne ; rien n'est alors préparé.</translation>
  </message>
  <message>
   <source>Keep intermediate files</source>
   <translation>Garder les fichiers intermédiaires</translation>
  </message>
  <message>
   <source>Leave the exported images and the log in the temporary folder.</source>
   <translation>Laisse les images exportées et le journal dans le dossier temporaire.</translation>
  </message>
  <message>
   <source>Name the patient in reports</source>
   <translation>Nommer le patient dans les comptes rendus</translation>
  </message>
  <message>
   <source>Off: the report carries no name, birth date or number.</source>
   <translation>Décoché : le compte rendu ne porte ni nom, ni date de naissance, ni numéro.</translation>
  </message>
  <message>
   <source>Log of the last run.</source>
   <translation>Journal du dernier calcul.</translation>
  </message>
  <message>
   <source>Copy report of the run</source>
   <translation>Copier le rapport du calcul</translation>
  </message>
  <message>
   <source>Copy versions, device, timings and the log to the clipboard, for a question to the developers. Contains no patient name.</source>
   <translation>Copie versions, appareil, durées et journal dans le presse-papiers, pour une question aux développeurs. Sans nom de patient.</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSegLib.batch</name>
  <message>
   <source>All cases are done.</source>
   <translation>Tous les cas sont traités.</translation>
  </message>
  <message>
   <source>green</source>
   <translation>vert</translation>
  </message>
  <message>
   <source>amber</source>
   <translation>orange</translation>
  </message>
  <message>
   <source>red</source>
   <translation>rouge</translation>
  </message>
  <message>
   <source>Wait for it, or press Cancel</source>
   <translation>Attendez qu'il se termine, ou appuyez sur Annuler</translation>
  </message>
  <message>
   <source>Choose the folder of the cases</source>
   <translation>Choisissez le dossier des cas</translation>
  </message>
  <message>
   <source>Choose a folder</source>
   <translation>Choisissez un dossier</translation>
  </message>
  <message>
   <source>Cancelled. Finished cases are kept; Start goes on with the rest.</source>
   <translation>Annulé. Les cas terminés sont conservés ; Démarrer reprend avec les autres.</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSegLib.compare</name>
  <message>
   <source>Region</source>
   <translation>Région</translation>
  </message>
  <message>
   <source>WT: whole tumor. TC: tumor core, NCR and ET. ET: enhancing tumor. NCR: necrosis. ED: edema.</source>
   <translation>WT : tumeur entière. TC : cœur tumoral, NCR et ET. ET : tumeur rehaussée. NCR : nécrose. ED : œdème.</translation>
  </message>
  <message>
   <source>Twice the common volume over the sum of both volumes. 1 is perfect, 0 is no overlap.</source>
   <translation>Deux fois le volume commun, divisé par la somme des deux volumes. 1 est parfait, 0 sans recouvrement.</translation>
  </message>
  <message>
   <source>95th percentile of the distances between both surfaces, weighted by surface area. 0 is perfect.</source>
   <translation>95e centile des distances entre les deux surfaces, pondéré par leur aire. 0 est parfait.</translation>
  </message>
  <message>
   <source>Largest distance between both surfaces. One stray voxel decides it.</source>
   <translation>Plus grande distance entre les deux surfaces. Un seul voxel égaré en décide.</translation>
  </message>
  <message>
   <source>Share of both surfaces that lie within 1 mm of each other. 1 is perfect.</source>
   <translation>Part des deux surfaces qui se trouvent à moins de 1 mm l'une de l'autre. 1 est parfait.</translation>
  </message>
  <message>
   <source>Mean Dice over lesions (BraTS 2023); missed and invented lesions count 0.</source>
   <translation>Dice moyen par lésion (BraTS 2023) ; une lésion manquée ou inventée compte 0.</translation>
  </message>
  <message>
   <source>Dice by region</source>
   <translation>Dice par région</translation>
  </message>
  <message>
   <source>Press Compare first</source>
   <translation>Appuyez d'abord sur Comparer</translation>
  </message>
  <message>
   <source>Press Apply, and choose a reference</source>
   <translation>Appuyez sur Appliquer, et choisissez une référence</translation>
  </message>
  <message>
   <source>Choose another reference</source>
   <translation>Choisissez une autre référence</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSegLib.correct</name>
  <message>
   <source>Your drawing against {judge}, Dice: {text}</source>
   <translation>Votre dessin comparé à {judge}, Dice : {text}</translation>
  </message>
  <message>
   <source>{left} slices to check, {done} accepted, {minutes:.0f} min</source>
   <translation>{left} coupes à vérifier, {done} acceptées, {minutes:.0f} min</translation>
  </message>
  <message>
   <source>Press Apply first</source>
   <translation>Appuyez d'abord sur Appliquer</translation>
  </message>
  <message>
   <source>Drawing</source>
   <translation>Dessin</translation>
  </message>
  <message>
   <source>Finish your drawing and press Score my drawing first</source>
   <translation>Terminez votre dessin et appuyez d'abord sur Noter mon dessin</translation>
  </message>
  <message>
   <source>Tick the student mode, press Start, and draw the tumor</source>
   <translation>Cochez le mode étudiant, appuyez sur Démarrer et dessinez la tumeur</translation>
  </message>
  <message>
   <source>Press Start first</source>
   <translation>Appuyez d'abord sur Démarrer</translation>
  </message>
  <message>
   <source>Leave student mode and press Start, then correct the result itself</source>
   <translation>Quittez le mode étudiant et appuyez sur Démarrer, puis corrigez le résultat lui-même</translation>
  </message>
  <message>
   <source>Choose a folder</source>
   <translation>Choisissez un dossier</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSegLib.export</name>
  <message>
   <source>The images were not loaded through Slicer's DICOM module.</source>
   <translation>Les images n'ont pas été chargées par le module DICOM de Slicer.</translation>
  </message>
  <message>
   <source>Slicer's DICOM module is not available.</source>
   <translation>Le module DICOM de Slicer n'est pas disponible.</translation>
  </message>
  <message>
   <source>Load the images through the DICOM module</source>
   <translation>Chargez les images par le module DICOM</translation>
  </message>
  <message>
   <source>Import the study again</source>
   <translation>Importez l'examen à nouveau</translation>
  </message>
  <message>
   <source>Free some space, or choose another folder</source>
   <translation>Libérez de l'espace, ou choisissez un autre dossier</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSegLib.folder_images</name>
  <message>
   <source>Check the path</source>
   <translation>Vérifiez le chemin</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSegLib.inputs</name>
  <message>
   <source>The images lie on different grids. Press Show to see them, Resample to bring them together, or set Prepare to Automatic.</source>
   <translation>Les images sont sur des grilles différentes. Appuyez sur Montrer pour les voir, sur Rééchantillonner pour les réunir, ou mettez Préparer sur Automatique.</translation>
  </message>
  <message>
   <source>resampled to one grid</source>
   <translation>rééchantillonnées sur une même grille</translation>
  </message>
  <message>
   <source>different grids</source>
   <translation>grilles différentes</translation>
  </message>
  <message>
   <source>Choose at least T1Gd or FLAIR, or press Fill from loaded volumes.</source>
   <translation>Choisissez au moins T1Gd ou FLAIR, ou appuyez sur Remplir avec les volumes chargés.</translation>
  </message>
  <message>
   <source>Ready: {count} of 4 sequences, {grid}.</source>
   <translation>Prêt : {count} séquences sur 4, {grid}.</translation>
  </message>
  <message>
   <source>Raw scans: they are aligned and stripped first.</source>
   <translation>Images brutes : elles sont d'abord recalées et débarrassées du crâne.</translation>
  </message>
  <message>
   <source>{name} holds no image. Choose another volume.</source>
   <translation>{name} ne contient pas d'image. Choisissez un autre volume.</translation>
  </message>
  <message>
   <source>{name} has {count} values in each voxel; expected one. Split it first.</source>
   <translation>{name} a {count} valeurs par voxel, une seule est attendue. Séparez-les d'abord.</translation>
  </message>
  <message>
   <source>{name} is a single slice; expected a volume. Choose another image.</source>
   <translation>{name} est une seule coupe, un volume est attendu. Choisissez une autre image.</translation>
  </message>
  <message>
   <source>Load the images and choose them by hand</source>
   <translation>Chargez les images et choisissez-les à la main</translation>
  </message>
  <message>
   <source>same grid</source>
   <translation>même grille</translation>
  </message>
  <message>
   <source>Choose the images by hand, or fill from a folder</source>
   <translation>Choisissez les images à la main, ou remplissez à partir d'un dossier</translation>
  </message>
  <message>
   <source>{node} is chosen twice, as {first} and as {second}. Choose another volume, or None.</source>
   <translation>{node} est choisi deux fois, comme {first} et comme {second}. Choisissez un autre volume, ou Aucun.</translation>
  </message>
  <message>
   <source>{node} is chosen as {slot}, but looks like {other}: {reason}.</source>
   <translation>{node} est choisi comme {slot}, mais ressemble à {other} : {reason}.</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSegLib.intake</name>
  <message>
   <source>... and {count} more</source>
   <translation>... et {count} de plus</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSegLib.models</name>
  <message>
   <source>{names} missing: this cost {cost:.2f} of mean Dice on test cases.</source>
   <translation>{names} absent : cela a coûté {cost:.2f} de Dice moyen sur des cas de test.</translation>
  </message>
  <message>
   <source>Remove the other model first</source>
   <translation>Retirez d'abord l'autre modèle</translation>
  </message>
  <message>
   <source>Trained on: {text}</source>
   <translation>Entraîné sur : {text}</translation>
  </message>
  <message>
   <source>Mean Dice on cases it never saw: {scores}</source>
   <translation>Dice moyen sur des cas jamais vus : {scores}</translation>
  </message>
  <message>
   <source>License: {text}</source>
   <translation>Licence : {text}</translation>
  </message>
  <message>
   <source>Choose the missing images</source>
   <translation>Choisissez les images qui manquent</translation>
  </message>
  <message>
   <source>{names} missing: the result is less accurate.</source>
   <translation>{names} absent : le résultat est moins précis.</translation>
  </message>
  <message>
   <source>Choose another model, or add it from its folder</source>
   <translation>Choisissez un autre modèle, ou ajoutez-le à partir de son dossier</translation>
  </message>
  <message>
   <source>Add a model from its folder, or install the extension again</source>
   <translation>Ajoutez un modèle à partir de son dossier, ou réinstallez l'extension</translation>
  </message>
  <message>
   <source>not published</source>
   <translation>non publié</translation>
  </message>
  <message>
   <source>{names} missing</source>
   <translation>{names} absent</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSegLib.preview</name>
  <message>
   <source>preview, not the result</source>
   <translation>aperçu, pas le résultat</translation>
  </message>
  <message>
   <source>{name}, edited</source>
   <translation>{name}, modifié</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSegLib.reading</name>
  <message>
   <source>Press Apply again with this version</source>
   <translation>Appuyez de nouveau sur Appliquer avec cette version</translation>
  </message>
  <message>
   <source>Press Show differences first</source>
   <translation>Appuyez d'abord sur Montrer les différences</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSegLib.results</name>
  <message>
   <source>Since the earlier result: </source>
   <translation>Depuis le résultat antérieur : </translation>
  </message>
  <message>
   <source>Region</source>
   <translation>Région</translation>
  </message>
  <message>
   <source>Enhancing tumor: {a:.0f} x {b:.0f} mm = {product:.0f} mm²</source>
   <translation>Tumeur rehaussée : {a:.0f} x {b:.0f} mm = {product:.0f} mm²</translation>
  </message>
  <message>
   <source>Dice to expect (told without a reference): </source>
   <translation>Dice attendu (prévu sans référence) : </translation>
  </message>
  <message>
   <source>Largest diameter</source>
   <translation>Plus grand diamètre</translation>
  </message>
  <message>
   <source>Perpendicular</source>
   <translation>Perpendiculaire</translation>
  </message>
  <message>
   <source>Choose another labelmap</source>
   <translation>Choisissez une autre carte d'étiquettes</translation>
  </message>
  <message>
   <source> (not measurable by RANO: under {least:.0f} mm, or on one slice only)</source>
   <translation> (non mesurable selon RANO : moins de {least:.0f} mm, ou sur une seule coupe)</translation>
  </message>
  <message>
   <source>{name} belongs to another patient.</source>
   <translation>{name} appartient à un autre patient.</translation>
  </message>
  <message>
   <source>There is nothing to measure</source>
   <translation>Il n'y a rien à mesurer</translation>
  </message>
  <message>
   <source>Look through all slices</source>
   <translation>Parcourez toutes les coupes</translation>
  </message>
  <message>
   <source>Probably poor: {regions}.</source>
   <translation>Sans doute mauvais : {regions}.</translation>
  </message>
  <message>
   <source>Lesions that may not be real: {count}; see the report.</source>
   <translation>Lésions peut-être fausses : {count} ; voir le rapport.</translation>
  </message>
 </context>
 <context>
  <name>SSAGliomaSegLib.run</name>
  <message>
   <source>Preview: a first, coarse look, not the result. The result takes its place.</source>
   <translation>Aperçu : un premier regard grossier, pas le résultat. Le résultat prendra sa place.</translation>
  </message>
  <message>
   <source>Segmenting</source>
   <translation>Segmentation</translation>
  </message>
  <message>
   <source>segmentation</source>
   <translation>segmentation</translation>
  </message>
  <message>
   <source>Done in {seconds:.0f} s: tumor {wt}, enhancing {et}.</source>
   <translation>Terminé en {seconds:.0f} s : tumeur {wt}, rehaussée {et}.</translation>
  </message>
  <message>
   <source>Wait for it, or press Cancel</source>
   <translation>Attendez qu'il se termine, ou appuyez sur Annuler</translation>
  </message>
  <message>
   <source>See the log in Advanced</source>
   <translation>Voir le journal dans Avancé</translation>
  </message>
  <message>
   <source>Load the images again and press Apply</source>
   <translation>Chargez les images à nouveau et appuyez sur Appliquer</translation>
  </message>
  <message>
   <source>Cancelled. Nothing was changed.</source>
   <translation>Annulé. Rien n'a été modifié.</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransfer</name>
  <message>
   <source>SSAGlioma Style Transfer</source>
   <translation>SSAGlioma Transfert de style</translation>
  </message>
  <message>
   <source>Shows what another scanner does to an image and to the model that reads it: style transfer and a scanner simulator live on a slice, with an anatomy guard; training of models; lessons. Research and teaching only.</source>
   <translation>Montre ce qu'une autre IRM fait d'une image et du modèle qui la lit : transfert de style et simulateur d'IRM en direct sur une coupe, avec un gardien de l'anatomie ; entraînement de modèles ; leçons. Réservé à la recherche et à l'enseignement.</translation>
  </message>
  <message>
   <source>Methods: Nyul et al. 2000; Gatys et al. 2016; Huang and Belongie 2017; Luo et al. 2020; Yang and Soatto 2020; Chandran et al. 2021. License: Apache-2.0.</source>
   <translation>Méthodes : Nyul et al. 2000 ; Gatys et al. 2016 ; Huang et Belongie 2017 ; Luo et al. 2020 ; Yang et Soatto 2020 ; Chandran et al. 2021. Licence : Apache-2.0.</translation>
  </message>
  <message>
   <source>●</source>
   <translation>●</translation>
  </message>
  <message>
   <source>Preview</source>
   <translation>Aperçu</translation>
  </message>
  <message>
   <source>Content</source>
   <translation>Contenu</translation>
  </message>
  <message>
   <source>The image whose look is changed: brain extracted, background 0. It is never changed itself.</source>
   <translation>L'image dont l'aspect est changé : cerveau extrait, fond à 0. Elle-même n'est jamais modifiée.</translation>
  </message>
  <message>
   <source>None</source>
   <translation>Aucun</translation>
  </message>
  <message>
   <source>Labels</source>
   <translation>Étiquettes</translation>
  </message>
  <message>
   <source>Optional: labels of this image (NCR, ED, ET). They give the Dice, the histograms by region and the guard's check of lesions.</source>
   <translation>Facultatif : étiquettes de cette image (NCR, ED, ET). Elles donnent le Dice, les histogrammes par région et l'examen des lésions par le gardien.</translation>
  </message>
  <message>
   <source>Style</source>
   <translation>Style</translation>
  </message>
  <message>
   <source>A loaded image that lends its look; None takes a style of the bank below.</source>
   <translation>Une image chargée qui prête son aspect ; Aucun prend un style de la banque ci-dessous.</translation>
  </message>
  <message>
   <source>From the bank</source>
   <translation>De la banque</translation>
  </message>
  <message>
   <source>Styles at hand: simulated scanners, styles that a stylizer learned over many cases, and your own images. The thumbnail is synthetic, except for your own.</source>
   <translation>Styles disponibles : machines simulées, styles appris sur de nombreux cas, et vos propres images. La vignette est synthétique, sauf pour les vôtres.</translation>
  </message>
  <message>
   <source>Add own image...</source>
   <translation>Ajouter une image...</translation>
  </message>
  <message>
   <source>Add an image of yours to the bank on this computer. It never enters an export unless you allow it.</source>
   <translation>Ajoute une de vos images à la banque de cet ordinateur. Elle n'entre dans aucune exportation sans votre accord.</translation>
  </message>
  <message>
   <source>Remove</source>
   <translation>Retirer</translation>
  </message>
  <message>
   <source>Take an own image out of the bank. The file it was added from stays.</source>
   <translation>Retire une de vos images de la banque. Le fichier d'origine reste.</translation>
  </message>
  <message>
   <source>Four contrasts</source>
   <translation>Quatre contrastes</translation>
  </message>
  <message>
   <source>T1</source>
   <translation>T1</translation>
  </message>
  <message>
   <source>The T1 image of the same case.</source>
   <translation>L'image T1 du même cas.</translation>
  </message>
  <message>
   <source>T1Gd</source>
   <translation>T1Gd</translation>
  </message>
  <message>
   <source>The T1Gd image of the same case.</source>
   <translation>L'image T1Gd du même cas.</translation>
  </message>
  <message>
   <source>T2</source>
   <translation>T2</translation>
  </message>
  <message>
   <source>The T2 image of the same case.</source>
   <translation>L'image T2 du même cas.</translation>
  </message>
  <message>
   <source>FLAIR</source>
   <translation>FLAIR</translation>
  </message>
  <message>
   <source>The FLAIR image of the same case.</source>
   <translation>L'image FLAIR du même cas.</translation>
  </message>
  <message>
   <source>Fill from loaded volumes</source>
   <translation>Remplir avec les volumes chargés</translation>
  </message>
  <message>
   <source>Choose the four contrasts among the loaded volumes by their names and DICOM values. Changes no image.</source>
   <translation>Choisit les quatre contrastes parmi les volumes chargés, d'après leurs noms et leurs valeurs DICOM. Ne change aucune image.</translation>
  </message>
  <message>
   <source>Method</source>
   <translation>Méthode</translation>
  </message>
  <message>
   <source>How the look is lent. The first four show at once; the others are computed in the background.</source>
   <translation>Comment l'aspect est prêté. Les quatre premières méthodes se voient aussitôt ; les autres se calculent en arrière-plan.</translation>
  </message>
  <message>
   <source>i</source>
   <translation>i</translation>
  </message>
  <message>
   <source>Show what this method does, and where it comes from.</source>
   <translation>Montre ce que fait cette méthode, et d'où elle vient.</translation>
  </message>
  <message>
   <source>Strength</source>
   <translation>Force</translation>
  </message>
  <message>
   <source>0 is the original, 1 the full style. Images are mixed, so this is shown at once for every method.</source>
   <translation>0 est l'original, 1 le style entier. Les images sont mélangées : c'est immédiat pour toutes les méthodes.</translation>
  </message>
  <message>
   <source>Epsilon steps</source>
   <translation>Pas d'epsilon</translation>
  </message>
  <message>
   <source>For methods with a style space (RAIN): steps towards a style that the model finds hard. Each step takes some seconds.</source>
   <translation>Pour les méthodes à espace de style (RAIN) : pas vers un style que le modèle trouve difficile. Chaque pas prend quelques secondes.</translation>
  </message>
  <message>
   <source>Seed</source>
   <translation>Graine</translation>
  </message>
  <message>
   <source>Number that names what is drawn at random: the same seed gives the same picture.</source>
   <translation>Nombre qui désigne ce qui est tiré au hasard : la même graine donne la même image.</translation>
  </message>
  <message>
   <source>Dice</source>
   <translation>Dé</translation>
  </message>
  <message>
   <source>Draw another seed.</source>
   <translation>Tire une autre graine.</translation>
  </message>
  <message>
   <source>Live on this slice</source>
   <translation>En direct sur cette coupe</translation>
  </message>
  <message>
   <source>Follow the slice and every control. Off: press Update.</source>
   <translation>Suit la coupe et chaque réglage. Décoché : appuyez sur Mettre à jour.</translation>
  </message>
  <message>
   <source>Update</source>
   <translation>Mettre à jour</translation>
  </message>
  <message>
   <source>Compute the picture of the slice that is shown now.</source>
   <translation>Calcule l'image de la coupe montrée.</translation>
  </message>
  <message>
   <source>Pictures a second, over the last few.</source>
   <translation>Images par seconde, sur les dernières.</translation>
  </message>
  <message>
   <source>Show views</source>
   <translation>Montrer les vues</translation>
  </message>
  <message>
   <source>Lay out original, style and result side by side, linked, with the chart below.</source>
   <translation>Dispose original, style et résultat côte à côte, liés, avec le graphique dessous.</translation>
  </message>
  <message>
   <source>What the third view shows: the result, both halves at a border that you move, a checkerboard of both, or their difference.</source>
   <translation>Ce que montre la troisième vue : le résultat, les deux moitiés de part et d'autre d'un bord mobile, un damier des deux, ou leur différence.</translation>
  </message>
  <message>
   <source>Border</source>
   <translation>Bord</translation>
  </message>
  <message>
   <source>Where the border between original and result lies.</source>
   <translation>Où passe le bord entre original et résultat.</translation>
  </message>
  <message>
   <source>What the anatomy guard says of this slice: edges, lesions, brain.</source>
   <translation>Ce que le gardien de l'anatomie dit de cette coupe : bords, lésions, cerveau.</translation>
  </message>
  <message>
   <source>Accept refusals (teaching only)</source>
   <translation>Accepter les refus (enseignement seulement)</translation>
  </message>
  <message>
   <source>Show refused pictures without stripes and apply them to whole volumes all the same. Never for training or reading.</source>
   <translation>Montre les images refusées sans rayures et les applique malgré tout aux volumes entiers. Jamais pour entraîner ni pour lire.</translation>
  </message>
  <message>
   <source>Model sees</source>
   <translation>Le modèle voit</translation>
  </message>
  <message>
   <source>A model that segments the slice before and after.</source>
   <translation>Un modèle qui segmente la coupe avant et après.</translation>
  </message>
  <message>
   <source>Look</source>
   <translation>Regarder</translation>
  </message>
  <message>
   <source>Let the model segment this slice of the original and of the result, in the background, about 10 s.</source>
   <translation>Fait segmenter au modèle cette coupe de l'original et du résultat, en arrière-plan, environ 10 s.</translation>
  </message>
  <message>
   <source>Curve over strength</source>
   <translation>Courbe selon la force</translation>
  </message>
  <message>
   <source>Dice against strength for the whole volume, in the background; some minutes.</source>
   <translation>Dice selon la force pour le volume entier, en arrière-plan ; quelques minutes.</translation>
  </message>
  <message>
   <source>Each change</source>
   <translation>À chaque changement</translation>
  </message>
  <message>
   <source>Let the model look again whenever the picture has come to rest.</source>
   <translation>Fait regarder le modèle chaque fois que l'image se stabilise.</translation>
  </message>
  <message>
   <source>Kullback-Leibler divergence (nats) and Wasserstein distance of gray values to the style, before and after.</source>
   <translation>Divergence de Kullback-Leibler (nats) et distance de Wasserstein des niveaux de gris au style, avant et après.</translation>
  </message>
  <message>
   <source>Histograms</source>
   <translation>Histogrammes</translation>
  </message>
  <message>
   <source>Draw the histograms of original, style and result, of the whole image or of a region.</source>
   <translation>Dessine les histogrammes de l'original, du style et du résultat, de l'image entière ou d'une région.</translation>
  </message>
  <message>
   <source>Region of the histograms; labels give more than the whole image.</source>
   <translation>Région des histogrammes ; les étiquettes donnent plus que l'image entière.</translation>
  </message>
  <message>
   <source>Feature map</source>
   <translation>Carte</translation>
  </message>
  <message>
   <source>Draw where original, style and result lie among slices of a 3T and a 1.5T scanner (simulated from the sample case).</source>
   <translation>Dessine où se situent original, style et résultat parmi des coupes d'IRM à 3 T et à 1,5 T (simulées à partir du cas d'exemple).</translation>
  </message>
  <message>
   <source>Apply to this volume</source>
   <translation>Appliquer à ce volume</translation>
  </message>
  <message>
   <source>Stylize the whole content volume in the background; the guard examines it before it enters the scene.</source>
   <translation>Stylise tout le volume en arrière-plan ; le gardien l'examine avant qu'il n'entre dans la scène.</translation>
  </message>
  <message>
   <source>Apply to all four</source>
   <translation>Appliquer aux quatre</translation>
  </message>
  <message>
   <source>Stylize all chosen contrasts of the case with one style and one seed.</source>
   <translation>Stylise tous les contrastes choisis du cas avec un même style et une même graine.</translation>
  </message>
  <message>
   <source>How far it is.</source>
   <translation>L'avancement.</translation>
  </message>
  <message>
   <source>Cancel</source>
   <translation>Annuler</translation>
  </message>
  <message>
   <source>Stop what runs in the background. Nothing in the scene is changed.</source>
   <translation>Arrête ce qui tourne en arrière-plan. Rien n'est changé dans la scène.</translation>
  </message>
  <message>
   <source>Export figure...</source>
   <translation>Exporter la figure...</translation>
  </message>
  <message>
   <source>Write original, style, result and difference of this slice as one PNG.</source>
   <translation>Écrit original, style, résultat et différence de cette coupe en un seul PNG.</translation>
  </message>
  <message>
   <source>Export tables...</source>
   <translation>Exporter les tableaux...</translation>
  </message>
  <message>
   <source>Write the tables of the charts as CSV files into a folder.</source>
   <translation>Écrit les tableaux des graphiques en fichiers CSV dans un dossier.</translation>
  </message>
  <message>
   <source>Own images may enter exports</source>
   <translation>Vos images peuvent entrer dans les exportations</translation>
  </message>
  <message>
   <source>Allow pictures and histograms of your own style images in exported files. Off by default; not saved with the scene.</source>
   <translation>Autorise images et histogrammes de vos propres images de style dans les fichiers exportés. Décoché par défaut ; non enregistré avec la scène.</translation>
  </message>
  <message>
   <source>Scanner</source>
   <translation>Machine</translation>
  </message>
  <message>
   <source>A scanner whose usual values the knobs below get; what is left to chance is drawn from the seed.</source>
   <translation>Une machine dont les réglages ci-dessous prennent les valeurs usuelles ; ce qui reste au hasard est tiré de la graine.</translation>
  </message>
  <message>
   <source>Set knobs</source>
   <translation>Régler</translation>
  </message>
  <message>
   <source>Set all knobs to a scan of this scanner, drawn with the seed of the Preview tab.</source>
   <translation>Règle tout sur un examen de cette machine, tiré avec la graine de l'onglet Aperçu.</translation>
  </message>
  <message>
   <source>Slice thickness</source>
   <translation>Épaisseur de coupe</translation>
  </message>
  <message>
   <source>Thick slices, averaged through the slice profile.</source>
   <translation>Coupes épaisses, moyennées selon le profil de coupe.</translation>
  </message>
  <message>
   <source> mm</source>
   <translation> mm</translation>
  </message>
  <message>
   <source>Full width of the slice profile at half its height.</source>
   <translation>Largeur du profil de coupe à mi-hauteur.</translation>
  </message>
  <message>
   <source>     gap</source>
   <translation>     espace</translation>
  </message>
  <message>
   <source>Tissue between two slices that no slice sees.</source>
   <translation>Tissu entre deux coupes qu'aucune coupe ne voit.</translation>
  </message>
  <message>
   <source>In-plane pixel</source>
   <translation>Pixel dans le plan</translation>
  </message>
  <message>
   <source>Only the inner part of k-space is acquired.</source>
   <translation>Seul le centre de l'espace k est acquis.</translation>
  </message>
  <message>
   <source>Acquired pixel size: field of view over matrix.</source>
   <translation>Taille de pixel acquise : champ de vue sur matrice.</translation>
  </message>
  <message>
   <source>     ringing</source>
   <translation>     oscillations</translation>
  </message>
  <message>
   <source>1: k-space ends sharply, with full ringing at edges. 0: it ends smoothly.</source>
   <translation>1 : l'espace k s'arrête net, avec toutes les oscillations aux bords. 0 : il s'arrête en douceur.</translation>
  </message>
  <message>
   <source>Signal to noise</source>
   <translation>Signal sur bruit</translation>
  </message>
  <message>
   <source>Thermal noise: Rician in the picture.</source>
   <translation>Bruit thermique : ricien dans l'image.</translation>
  </message>
  <message>
   <source>Mean signal of the brain over the noise's standard deviation. Less is worse.</source>
   <translation>Signal moyen du cerveau sur l'écart-type du bruit. Moins est pire.</translation>
  </message>
  <message>
   <source>Bias field</source>
   <translation>Champ de biais</translation>
  </message>
  <message>
   <source>Uneven sensitivity of the coil.</source>
   <translation>Sensibilité inégale de l'antenne.</translation>
  </message>
  <message>
   <source> %</source>
   <translation> %</translation>
  </message>
  <message>
   <source>Largest minus smallest sensitivity inside the brain.</source>
   <translation>Plus grande moins plus petite sensibilité dans le cerveau.</translation>
  </message>
  <message>
   <source>Motion</source>
   <translation>Mouvement</translation>
  </message>
  <message>
   <source>The head moves once while the scan runs.</source>
   <translation>La tête bouge une fois pendant l'examen.</translation>
  </message>
  <message>
   <source>How far it moves; it turns by as many degrees.</source>
   <translation>De combien elle bouge ; elle tourne d'autant de degrés.</translation>
  </message>
  <message>
   <source>Ghosting</source>
   <translation>Images fantômes</translation>
  </message>
  <message>
   <source>Copies of the head along the phase-encoding direction.</source>
   <translation>Copies de la tête le long de l'axe de codage de phase.</translation>
  </message>
  <message>
   <source>Height of each ghost against the image.</source>
   <translation>Hauteur de chaque fantôme par rapport à l'image.</translation>
  </message>
  <message>
   <source>Spike noise</source>
   <translation>Bruit de pointe</translation>
  </message>
  <message>
   <source>One wrong point of k-space: stripes over the slice.</source>
   <translation>Un point faux de l'espace k : des rayures sur la coupe.</translation>
  </message>
  <message>
   <source>Height of the stripes against the mean signal of the brain.</source>
   <translation>Hauteur des rayures par rapport au signal moyen du cerveau.</translation>
  </message>
  <message>
   <source>Fold-over</source>
   <translation>Le repliement</translation>
  </message>
  <message>
   <source>A field of view smaller than the head; the rest folds over.</source>
   <translation>Un champ de vue plus petit que la tête ; le reste se replie.</translation>
  </message>
  <message>
   <source>Field of view along the phase-encoding direction.</source>
   <translation>Champ de vue le long de l'axe de codage de phase.</translation>
  </message>
  <message>
   <source>Field strength</source>
   <translation>Intensité du champ</translation>
  </message>
  <message>
   <source>Weaker contrast of T1-weighted images at another field (they are taken to come from 3 T).</source>
   <translation>Contraste plus faible des images pondérées T1 à un autre champ (elles sont supposées venir de 3 T).</translation>
  </message>
  <message>
   <source> mT</source>
   <translation> mT</translation>
  </message>
  <message>
   <source>Field of the simulated scanner.</source>
   <translation>Champ de la machine simulée.</translation>
  </message>
  <message>
   <source>Missing sequence</source>
   <translation>Séquence absente</translation>
  </message>
  <message>
   <source>A sequence that was not acquired: it is left out when applied to all four.</source>
   <translation>Une séquence qui n'a pas été acquise : elle est omise quand on applique aux quatre.</translation>
  </message>
  <message>
   <source>All off</source>
   <translation>Tout éteindre</translation>
  </message>
  <message>
   <source>Switch every effect off.</source>
   <translation>Éteint tous les effets.</translation>
  </message>
  <message>
   <source>Only the last one</source>
   <translation>Le dernier seul</translation>
  </message>
  <message>
   <source>Switch every effect off but the one that was touched last: each effect can be seen alone.</source>
   <translation>Éteint tous les effets sauf le dernier touché : chaque effet peut être vu seul.</translation>
  </message>
  <message>
   <source>Show in preview</source>
   <translation>Montrer dans l'aperçu</translation>
  </message>
  <message>
   <source>Choose the scanner simulator as the method of the preview.</source>
   <translation>Choisit le simulateur d'IRM comme méthode de l'aperçu.</translation>
  </message>
  <message>
   <source>Train</source>
   <translation>Entraîner</translation>
  </message>
  <message>
   <source>Lessons</source>
   <translation>Leçons</translation>
  </message>
  <message>
   <source>A lesson: one prepared scene, three sentences, one question.</source>
   <translation>Une leçon : une scène préparée, trois phrases, une question.</translation>
  </message>
  <message>
   <source>Open</source>
   <translation>Ouvrir</translation>
  </message>
  <message>
   <source>Load the lesson's synthetic case and set the panel. Your own data stay in the scene.</source>
   <translation>Charge le cas synthétique de la leçon et règle le panneau. Vos données restent dans la scène.</translation>
  </message>
  <message>
   <source>Language of the lessons.</source>
   <translation>Langue des leçons.</translation>
  </message>
  <message>
   <source>Possible answers.</source>
   <translation>Réponses possibles.</translation>
  </message>
  <message>
   <source>Answer</source>
   <translation>Répondre</translation>
  </message>
  <message>
   <source>Check your answer.</source>
   <translation>Vérifie votre réponse.</translation>
  </message>
  <message>
   <source>Guess the scanner</source>
   <translation>Devinez la machine</translation>
  </message>
  <message>
   <source>Show the sample case through a scanner that is drawn at random; you guess which.</source>
   <translation>Montre le cas d'exemple à travers une machine tirée au hasard ; à vous de deviner laquelle.</translation>
  </message>
  <message>
   <source>Your score so far.</source>
   <translation>Votre score jusqu'ici.</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.applying</name>
  <message>
   <source>Lower the strength, take another method, or accept refusals for teaching only</source>
   <translation>Baissez la force, prenez une autre méthode, ou acceptez les refus pour l'enseignement seulement</translation>
  </message>
  <message>
   <source>Wait for it, or press Cancel</source>
   <translation>Attendez qu'il se termine, ou appuyez sur Annuler</translation>
  </message>
  <message>
   <source>Stylizing the volume</source>
   <translation>Stylisation du volume</translation>
  </message>
  <message>
   <source>Added: {names}.</source>
   <translation>Ajouté : {names}.</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.background</name>
  <message>
   <source>Cancelled. Nothing was changed.</source>
   <translation>Annulé. Rien n'a été modifié.</translation>
  </message>
  <message>
   <source>Free some space, or choose another temporary folder in Slicer's settings</source>
   <translation>Libérez de l'espace, ou choisissez un autre dossier temporaire dans les réglages de Slicer</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.bank</name>
  <message>
   <source>loaded image</source>
   <translation>image chargée</translation>
  </message>
  <message>
   <source>own image</source>
   <translation>image à vous</translation>
  </message>
  <message>
   <source>Choose another file</source>
   <translation>Choisissez un autre fichier</translation>
  </message>
  <message>
   <source>The style {key} is not in the bank any more. Choose another one.</source>
   <translation>Le style {key} n'est plus dans la banque. Choisissez-en un autre.</translation>
  </message>
  <message>
   <source>This style was learned by {package}; choose that as method, or another style.</source>
   <translation>Ce style a été appris par {package} ; choisissez ce modèle comme méthode, ou un autre style.</translation>
  </message>
  <message>
   <source>Remove it first, or rename the file</source>
   <translation>Retirez-la d'abord, ou renommez le fichier</translation>
  </message>
  <message>
   <source>Own: {name}</source>
   <translation>À vous : {name}</translation>
  </message>
  <message>
   <source>Simulated {scanner}, no. {number}</source>
   <translation>{scanner} simulé, n° {number}</translation>
  </message>
  <message>
   <source>{style}, learned over {count} cases ({package})</source>
   <translation>{style}, appris sur {count} cas ({package})</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.casefiles</name>
  <message>
   <source>Try again; free some disk space</source>
   <translation>Réessayez ; libérez de l'espace disque</translation>
  </message>
  <message>
   <source>Choose it under Four contrasts</source>
   <translation>Choisissez-le sous Quatre contrastes</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.chart_nodes</name>
  <message>
   <source>Where the slice lies between scanners</source>
   <translation>Où se situe la coupe entre les machines</translation>
  </message>
  <message>
   <source>First axis of largest spread</source>
   <translation>Premier axe de plus grande dispersion</translation>
  </message>
  <message>
   <source>Second axis</source>
   <translation>Deuxième axe</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.charts</name>
  <message>
   <source>Original</source>
   <translation>Original</translation>
  </message>
  <message>
   <source>Style</source>
   <translation>Style</translation>
  </message>
  <message>
   <source>Result</source>
   <translation>Résultat</translation>
  </message>
  <message>
   <source>Strength</source>
   <translation>Force</translation>
  </message>
  <message>
   <source>Dice to the labels</source>
   <translation>Dice avec les étiquettes</translation>
  </message>
  <message>
   <source>Dice to the mask of the original</source>
   <translation>Dice avec le masque de l'original</translation>
  </message>
  <message>
   <source>To the style: KL {a:.2f} → {b:.2f}, Wasserstein {c:.3f} → {d:.3f}</source>
   <translation>Vers le style : KL {a:.2f} → {b:.2f}, Wasserstein {c:.3f} → {d:.3f}</translation>
  </message>
  <message>
   <source>Gray value</source>
   <translation>Niveau de gris</translation>
  </message>
  <message>
   <source>Histograms, {region}</source>
   <translation>Histogrammes, {region}</translation>
  </message>
  <message>
   <source>Share</source>
   <translation>Part</translation>
  </message>
  <message>
   <source>Choose content, style and method first</source>
   <translation>Choisissez d'abord le contenu, le style et la méthode</translation>
  </message>
  <message>
   <source>whole image</source>
   <translation>image entière</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.content</name>
  <message>
   <source>Choose a content image, or load one first.</source>
   <translation>Choisissez une image de contenu, ou chargez-en une d'abord.</translation>
  </message>
  <message>
   <source>unknown contrast</source>
   <translation>contraste inconnu</translation>
  </message>
  <message>
   <source>{name} is a single slice; expected a volume. Choose another image.</source>
   <translation>{name} est une seule coupe, un volume est attendu. Choisissez une autre image.</translation>
  </message>
  <message>
   <source>{name} has slices of {edge} pixels; expected {least} or more. Choose another image.</source>
   <translation>{name} a des coupes de {edge} pixels ; il en faut au moins {least}. Choisissez une autre image.</translation>
  </message>
  <message>
   <source>Ready: {contrast}, {method}.</source>
   <translation>Prêt : {contrast}, {method}.</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.exporting</name>
  <message>
   <source>Choose content, style and method first</source>
   <translation>Choisissez d'abord le contenu, le style et la méthode</translation>
  </message>
  <message>
   <source>Press Histograms, Curve or Feature map first</source>
   <translation>Appuyez d'abord sur Histogrammes, Courbe ou Carte</translation>
  </message>
  <message>
   <source>Style</source>
   <translation>Style</translation>
  </message>
  <message>
   <source>Choose another folder, or free some space</source>
   <translation>Choisissez un autre dossier, ou libérez de l'espace</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.guarding</name>
  <message>
   <source>too few edges to measure</source>
   <translation>trop peu de bords à mesurer</translation>
  </message>
  <message>
   <source>lesion kept</source>
   <translation>lésion conservée</translation>
  </message>
  <message>
   <source>no new lesion</source>
   <translation>aucune lésion nouvelle</translation>
  </message>
  <message>
   <source>Anatomy guard: not examined yet.</source>
   <translation>Gardien de l'anatomie : pas encore examiné.</translation>
  </message>
  <message>
   <source>Choose content, style and method first</source>
   <translation>Choisissez d'abord le contenu, le style et la méthode</translation>
  </message>
  <message>
   <source>Anatomy guard refuses: {reasons}.</source>
   <translation>Le gardien de l'anatomie refuse : {reasons}.</translation>
  </message>
  <message>
   <source>Anatomy guard: {facts}.</source>
   <translation>Gardien de l'anatomie : {facts}.</translation>
  </message>
  <message>
   <source>boundary moved {mm:.1f} mm (limit {limit:.1f})</source>
   <translation>bord déplacé de {mm:.1f} mm (limite {limit:.1f})</translation>
  </message>
  <message>
   <source>{name} keeps {share:.0%} of its contrast</source>
   <translation>{name} garde {share:.0%} de son contraste</translation>
  </message>
  <message>
   <source>And {count} more.</source>
   <translation>Et {count} de plus.</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.lesson_texts</name>
  <message>
   <source>3T against 1.5T</source>
   <translation>3 T contre 1,5 T</translation>
  </message>
  <message>
   <source>On the left is a brain as a 3 T research scanner shows it, on the right the same brain as a 1.5 T hospital scanner would. Slices of 5 mm mix tissues, fewer lines of k-space blur edges, the coil shades the picture. Switch single effects on and off in the Scanner tab and watch the difference.</source>
   <translation>À gauche, un cerveau tel qu'une IRM de recherche à 3 T le montre ; à droite, le même cerveau sur une machine hospitalière à 1,5 T. Des coupes de 5 mm mélangent les tissus, moins de lignes de l'espace k floutent les bords, l'antenne ombre l'image. Activez les effets un par un dans l'onglet Machine (Scanner) et observez la différence.</translation>
  </message>
  <message>
   <source>Which effect hides a small lesion most?</source>
   <translation>Quel effet cache le plus une petite lésion ?</translation>
  </message>
  <message>
   <source>Uneven brightness of the coil</source>
   <translation>La luminosité inégale de l'antenne</translation>
  </message>
  <message>
   <source>Thick slices</source>
   <translation>Les coupes épaisses</translation>
  </message>
  <message>
   <source>Fold-over</source>
   <translation>Le repliement</translation>
  </message>
  <message>
   <source>In a slice of 5 mm a lesion of 2 mm keeps less than half of its contrast: it is averaged with what lies above and below.</source>
   <translation>Dans une coupe de 5 mm, une lésion de 2 mm garde moins de la moitié de son contraste : elle est moyennée avec ce qui se trouve au-dessus et au-dessous.</translation>
  </message>
  <message>
   <source>Why the model fails</source>
   <translation>Pourquoi le modèle échoue</translation>
  </message>
  <message>
   <source>The model learned from 3 T images. Here the same brain passes a 0.3 T scanner: more noise, thicker slices, larger pixels. Press Look in the Preview tab and compare the masks before and after.</source>
   <translation>Le modèle a appris sur des images à 3 T. Ici, le même cerveau passe par une machine à 0,3 T : plus de bruit, des coupes plus épaisses, des pixels plus grands. Appuyez sur Regarder (Look) dans l'onglet Aperçu (Preview) et comparez les masques avant et après.</translation>
  </message>
  <message>
   <source>Why does the Dice fall although the tumor is the same?</source>
   <translation>Pourquoi le Dice baisse-t-il alors que la tumeur est la même ?</translation>
  </message>
  <message>
   <source>The model sees gray values and edges it never met</source>
   <translation>Le modèle voit des gris et des bords qu'il n'a jamais rencontrés</translation>
  </message>
  <message>
   <source>The tumor became smaller</source>
   <translation>La tumeur a rétréci</translation>
  </message>
  <message>
   <source>The labels are wrong</source>
   <translation>Les étiquettes sont fausses</translation>
  </message>
  <message>
   <source>The anatomy did not change, the look did. A model that met only one look takes unknown noise and blur for other tissue. That is domain shift.</source>
   <translation>L'anatomie n'a pas changé, l'aspect oui. Un modèle qui n'a connu qu'un seul aspect prend le bruit et le flou inconnus pour un autre tissu. C'est le décalage de domaine.</translation>
  </message>
  <message>
   <source>What style transfer repairs</source>
   <translation>Ce que le transfert de style répare</translation>
  </message>
  <message>
   <source>The content is the hospital scan of the sample patient, the style comes from a 3 T scanner. Matching the gray values brings the histogram back, as the chart shows. Compare KL and Wasserstein before and after.</source>
   <translation>Le contenu est l'examen hospitalier du patient d'exemple, le style vient d'une machine à 3 T. Ajuster les niveaux de gris ramène l'histogramme, comme le montre le graphique. Comparez KL et Wasserstein avant et après.</translation>
  </message>
  <message>
   <source>Which of these can gray values alone not bring back?</source>
   <translation>Qu'est-ce que les niveaux de gris seuls ne peuvent pas ramener ?</translation>
  </message>
  <message>
   <source>Brightness and contrast</source>
   <translation>La luminosité et le contraste</translation>
  </message>
  <message>
   <source>Sharp edges between the slices</source>
   <translation>Des bords nets entre les coupes</translation>
  </message>
  <message>
   <source>The share of dark pixels</source>
   <translation>La part de pixels sombres</translation>
  </message>
  <message>
   <source>A gray curve moves no edge and invents none: what thick slices averaged away stays lost. This is also why it is safe.</source>
   <translation>Une courbe de gris ne déplace aucun bord et n'en invente aucun : ce que les coupes épaisses ont moyenné reste perdu. C'est aussi pourquoi elle est sûre.</translation>
  </message>
  <message>
   <source>What it may destroy</source>
   <translation>Ce qu'il peut détruire</translation>
  </message>
  <message>
   <source>Strong methods such as RAIN and AdaConv rewrite structure, not only gray values. The guard measures how far edges moved and how much of a lesion's contrast stayed, and puts stripes over what it refuses. Lower the strength until it passes.</source>
   <translation>Les méthodes fortes comme RAIN et AdaConv réécrivent la structure, pas seulement les gris. Le gardien mesure le déplacement des bords et le contraste gardé par une lésion, et couvre de rayures ce qu'il refuse. Baissez la force jusqu'à ce qu'il accepte.</translation>
  </message>
  <message>
   <source>A stylized image looks sharper than the original. May you train a model on it?</source>
   <translation>Une image stylisée paraît plus nette que l'original. Peut-on entraîner un modèle dessus ?</translation>
  </message>
  <message>
   <source>Yes, sharper is better</source>
   <translation>Oui, plus net est mieux</translation>
  </message>
  <message>
   <source>Only if the guard passes</source>
   <translation>Seulement si le gardien accepte</translation>
  </message>
  <message>
   <source>Yes, if the histogram fits</source>
   <translation>Oui, si l'histogramme convient</translation>
  </message>
  <message>
   <source>A picture can look real and show another patient's anatomy. Labels drawn on the original are then wrong on the stylized image.</source>
   <translation>Une image peut sembler vraie et montrer l'anatomie d'un autre patient. Les étiquettes dessinées sur l'original sont alors fausses sur l'image stylisée.</translation>
  </message>
  <message>
   <source>Heart: from bSSFP to LGE</source>
   <translation>Cœur : de bSSFP à LGE</translation>
  </message>
  <message>
   <source>A synthetic heart: bSSFP (content) shows blood bright and muscle gray; late enhancement (style) shows muscle black and scar bright. Methods with a style space (RAIN) change the contrast and keep boundaries best; AdaConv comes closer to the look and may bend the thin wall. Their models learned from real hearts and change this drawn one little; without a model, gray values alone are matched.</source>
   <translation>Un cœur synthétique : bSSFP (contenu) montre le sang brillant et le muscle gris ; le rehaussement tardif (style) montre le muscle noir et la cicatrice brillante. Les méthodes à espace de style (RAIN) changent le contraste et gardent le mieux les bords ; AdaConv s'approche plus de l'aspect et peut déformer la paroi mince. Leurs modèles ont appris sur de vrais cœurs et changent peu celui-ci, qui est dessiné ; sans modèle, seuls les gris sont ajustés.</translation>
  </message>
  <message>
   <source>What can no method add to the bSSFP image?</source>
   <translation>Qu'aucune méthode ne peut-elle ajouter à l'image bSSFP ?</translation>
  </message>
  <message>
   <source>A darker muscle</source>
   <translation>Un muscle plus sombre</translation>
  </message>
  <message>
   <source>The scar that only LGE shows</source>
   <translation>La cicatrice que seul le LGE montre</translation>
  </message>
  <message>
   <source>A brighter pool of blood</source>
   <translation>Un sang plus brillant</translation>
  </message>
  <message>
   <source>Style transfer changes the look, not the information: a scar that the content does not show would be an invention.</source>
   <translation>Le transfert de style change l'aspect, pas l'information : une cicatrice que le contenu ne montre pas serait une invention.</translation>
  </message>
  <message>
   <source>Right.</source>
   <translation>Juste.</translation>
  </message>
  <message>
   <source>Not quite.</source>
   <translation>Pas tout à fait.</translation>
  </message>
  <message>
   <source>Which scanner made the picture on the right?</source>
   <translation>Quelle machine a fait l'image de droite ?</translation>
  </message>
  <message>
   <source>It was: {title}.</source>
   <translation>C'était : {title}.</translation>
  </message>
  <message>
   <source>{right} of {asked} right</source>
   <translation>{right} sur {asked} justes</translation>
  </message>
  <message>
   <source>This installation has no RAIN or AdaConv package; a scanner with slices of 10 mm stands in for it.</source>
   <translation>Cette installation n'a pas de modèle RAIN ou AdaConv ; une machine à coupes de 10 mm le remplace.</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.methods</name>
  <message>
   <source>Scanner simulator</source>
   <translation>Simulateur d'IRM</translation>
  </message>
  <message>
   <source>Physics of MR scanners; the knobs of its tab</source>
   <translation>Physique des IRM ; les réglages de son onglet</translation>
  </message>
  <message>
   <source>Shown at once.</source>
   <translation>Montré aussitôt.</translation>
  </message>
  <message>
   <source>Computed in the background, some seconds a picture.</source>
   <translation>Calculé en arrière-plan, quelques secondes par image.</translation>
  </message>
  <message>
   <source>Choose another method, or add its model package</source>
   <translation>Choisissez une autre méthode, ou ajoutez son modèle</translation>
  </message>
  <message>
   <source>Package {name} {version}; trained on: {data}</source>
   <translation>Modèle {name} {version} ; entraîné sur : {data}</translation>
  </message>
  <message>
   <source>License: {text}</source>
   <translation>Licence : {text}</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.picture</name>
  <message>
   <source>Applying to the volume</source>
   <translation>Application au volume</translation>
  </message>
  <message>
   <source>The model is looking</source>
   <translation>Le modèle regarde</translation>
  </message>
  <message>
   <source>Computing the picture in the background</source>
   <translation>Calcul de l'image en arrière-plan</translation>
  </message>
  <message>
   <source>Computing: the original is shown</source>
   <translation>Calcul en cours : l'original est affiché</translation>
  </message>
  <message>
   <source>Computing in the background</source>
   <translation>Calcul en arrière-plan</translation>
  </message>
  <message>
   <source>No result: the original is shown</source>
   <translation>Pas de résultat : l'original est affiché</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.sample</name>
  <message>
   <source>{case} reference</source>
   <translation>{case} référence</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.scanner</name>
  <message>
   <source>All off.</source>
   <translation>Tout est éteint.</translation>
  </message>
  <message>
   <source>{count} of {all} effects are on.</source>
   <translation>{count} effets sur {all} sont allumés.</translation>
  </message>
  <message>
   <source>{name} is left out when applied to all four.</source>
   <translation>{name} est omis quand on applique aux quatre.</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.seeing</name>
  <message>
   <source>to the labels</source>
   <translation>avec les étiquettes</translation>
  </message>
  <message>
   <source>to the mask before</source>
   <translation>avec le masque d'avant</translation>
  </message>
  <message>
   <source>Dice {against}: {scores}</source>
   <translation>Dice {against} : {scores}</translation>
  </message>
  <message>
   <source>(of an earlier picture)</source>
   <translation>(d'une image antérieure)</translation>
  </message>
  <message>
   <source>Stylizing the volume</source>
   <translation>Stylisation du volume</translation>
  </message>
  <message>
   <source>Model looks at the original</source>
   <translation>Le modèle regarde l'original</translation>
  </message>
  <message>
   <source>Model looks at the result</source>
   <translation>Le modèle regarde le résultat</translation>
  </message>
  <message>
   <source>Model on the original</source>
   <translation>Modèle sur l'original</translation>
  </message>
  <message>
   <source>Model on the result</source>
   <translation>Modèle sur le résultat</translation>
  </message>
  <message>
   <source>Choose another model</source>
   <translation>Choisissez un autre modèle</translation>
  </message>
  <message>
   <source>Choose content, style and method first</source>
   <translation>Choisissez d'abord le contenu, le style et la méthode</translation>
  </message>
  <message>
   <source>Stylizing</source>
   <translation>Stylisation</translation>
  </message>
  <message>
   <source>Segmenting at strength {value:.2f}</source>
   <translation>Segmentation à la force {value:.2f}</translation>
  </message>
  <message>
   <source>Wait for it, or press Cancel</source>
   <translation>Attendez qu'il se termine, ou appuyez sur Annuler</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.training</name>
  <message>
   <source>The folder {folder} does not exist.</source>
   <translation>Le dossier {folder} n'existe pas.</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.training_cases</name>
  <message>
   <source>Choose the segmentation.</source>
   <translation>Choisissez la segmentation.</translation>
  </message>
  <message>
   <source>Choose {names}.</source>
   <translation>Choisissez {names}.</translation>
  </message>
  <message>
   <source>Choose the folder of the cases first</source>
   <translation>Choisissez d'abord le dossier des cas</translation>
  </message>
  <message>
   <source>Choose other images</source>
   <translation>Choisissez d'autres images</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.training_charts</name>
  <message>
   <source>epoch</source>
   <translation>époque</translation>
  </message>
  <message>
   <source>Training curves</source>
   <translation>Courbes d'entraînement</translation>
  </message>
  <message>
   <source>Loss</source>
   <translation>Perte</translation>
  </message>
  <message>
   <source>loss</source>
   <translation>perte</translation>
  </message>
  <message>
   <source>Dice on held-out patches</source>
   <translation>Dice sur des extraits exclus de l'entraînement</translation>
  </message>
  <message>
   <source>Wait for the first one</source>
   <translation>Attendez la première</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.training_checks</name>
  <message>
   <source> No GPU was found here; Export job takes the training to one.</source>
   <translation> Aucun GPU n'a été trouvé ici ; Exporter la tâche emmène l'entraînement vers un GPU.</translation>
  </message>
  <message>
   <source>Cancelled.</source>
   <translation>Annulé.</translation>
  </message>
  <message>
   <source>Cases checked: {count}. They can be trained on.</source>
   <translation>Cas vérifiés : {count}. Ils conviennent à l'entraînement.</translation>
  </message>
  <message>
   <source>The training steps take about {parts}.{hint}</source>
   <translation>Les pas d'entraînement prennent environ {parts}.{hint}</translation>
  </message>
  <message>
   <source>Choose the folders first</source>
   <translation>Choisissez d'abord les dossiers</translation>
  </message>
  <message>
   <source>Cases checked: {count}. Problems that must be mended: {wrong}.</source>
   <translation>Cas vérifiés : {count}. Problèmes à corriger : {wrong}.</translation>
  </message>
  <message>
   <source>{time} on this {device}</source>
   <translation>{time} sur ce {device}</translation>
  </message>
  <message>
   <source>The job is in {folder}. Start it there with: sh run.sh</source>
   <translation>La tâche est dans {folder}. Lancez-la là-bas par : sh run.sh</translation>
  </message>
  <message>
   <source>Wait for it</source>
   <translation>Attendez qu'elle se termine</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.training_results</name>
  <message>
   <source>There is no result yet.</source>
   <translation>Il n'y a pas encore de résultat.</translation>
  </message>
  <message>
   <source>Not worse than {model} on {cases}.</source>
   <translation>Pas moins bon que {model} sur {cases}.</translation>
  </message>
  <message>
   <source>Training before and after</source>
   <translation>Entraînement avant et après</translation>
  </message>
  <message>
   <source>Scored on {cases}; not compared with an earlier model.</source>
   <translation>Noté sur {cases} ; non comparé à un modèle antérieur.</translation>
  </message>
  <message>
   <source>Choose a folder for the result</source>
   <translation>Choisissez un dossier pour le résultat</translation>
  </message>
  <message>
   <source>Refused: {reasons}</source>
   <translation>Refusé : {reasons}</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.training_runs</name>
  <message>
   <source>No training in this folder yet.</source>
   <translation>Pas encore d'entraînement dans ce dossier.</translation>
  </message>
  <message>
   <source>Done.</source>
   <translation>Terminé.</translation>
  </message>
  <message>
   <source>Choose an empty folder</source>
   <translation>Choisissez un dossier vide</translation>
  </message>
  <message>
   <source>Choose an empty folder for a new one</source>
   <translation>Choisissez un dossier vide pour un nouveau</translation>
  </message>
  <message>
   <source>Choose its folder</source>
   <translation>Choisissez son dossier</translation>
  </message>
  <message>
   <source>Press Start or Resume</source>
   <translation>Appuyez sur Démarrer ou Reprendre</translation>
  </message>
  <message>
   <source>Starting</source>
   <translation>Démarrage</translation>
  </message>
  <message>
   <source>Pausing after this epoch. {message}</source>
   <translation>Pause après cette époque. {message}</translation>
  </message>
  <message>
   <source>Paused after epoch {count}. Resume goes on.</source>
   <translation>En pause après l'époque {count}. Reprendre continue.</translation>
  </message>
  <message>
   <source>Cancelled after epoch {count}. Resume goes on.</source>
   <translation>Annulé après l'époque {count}. Reprendre continue.</translation>
  </message>
  <message>
   <source>The training ended by itself after epoch {count} (killed, or the computer was switched off). </source>
   <translation>L'entraînement s'est arrêté de lui-même après l'époque {count} (tué, ou l'ordinateur a été éteint). </translation>
  </message>
  <message>
   <source>Nothing is lost; Resume goes on. {message}</source>
   <translation>Rien n'est perdu ; Reprendre continue. {message}</translation>
  </message>
 </context>
 <context>
  <name>SSAStyleTransferLib.views</name>
  <message>
   <source>Original</source>
   <translation>Original</translation>
  </message>
  <message>
   <source>Style</source>
   <translation>Style</translation>
  </message>
  <message>
   <source>Result</source>
   <translation>Résultat</translation>
  </message>
  <message>
   <source>Stylized slice</source>
   <translation>Coupe stylisée</translation>
  </message>
  <message>
   <source>Style slice</source>
   <translation>Coupe de style</translation>
  </message>
  <message>
   <source>Scanner: there is no style image</source>
   <translation>Machine : il n'y a pas d'image de style</translation>
  </message>
  <message>
   <source>Learned style: there is no image</source>
   <translation>Style appris : il n'y a pas d'image</translation>
  </message>
  <message>
   <source>Comparison of slices</source>
   <translation>Comparaison de coupes</translation>
  </message>
  <message>
   <source>Difference, full color at ±{value}</source>
   <translation>Différence, pleine couleur à ±{value}</translation>
  </message>
 </context>
 <context>
  <name>SSATrain</name>
  <message>
   <source>1 Data</source>
   <translation>1 Données</translation>
  </message>
  <message>
   <source>Cases</source>
   <translation>Cas</translation>
  </message>
  <message>
   <source>Folder of labelled cases to learn from, one sub-folder for each case. Nothing in it is changed.</source>
   <translation>Dossier de cas étiquetés pour apprendre, un sous-dossier par cas. Rien n'y est changé.</translation>
  </message>
  <message>
   <source>Hospital cases</source>
   <translation>Cas de l'hôpital</translation>
  </message>
  <message>
   <source>Folder of labelled cases of this hospital. Some are held out to judge the new model.</source>
   <translation>Dossier de cas étiquetés de cet hôpital. Certains sont exclus de l'entraînement pour juger le nouveau modèle.</translation>
  </message>
  <message>
   <source>Look from</source>
   <translation>Aspect de</translation>
  </message>
  <message>
   <source>Folder of scans whose look the training images take on; they need no labels.</source>
   <translation>Dossier d'examens dont les images d'entraînement prennent l'aspect ; sans étiquettes.</translation>
  </message>
  <message>
   <source>Corrections</source>
   <translation>Corrections</translation>
  </message>
  <message>
   <source>Folder of corrections that SSAGlioma Segmentation wrote.</source>
   <translation>Dossier des corrections écrites par SSAGlioma Segmentation.</translation>
  </message>
  <message>
   <source>Held out</source>
   <translation>Cas exclus</translation>
  </message>
  <message>
   <source>Names of cases that are never trained on, with commas. Empty: a fifth of the patients is chosen.</source>
   <translation>Noms des cas jamais utilisés pour l'entraînement, séparés par des virgules. Vide : un cinquième des patients est choisi.</translation>
  </message>
  <message>
   <source>a fifth of the patients</source>
   <translation>un cinquième des patients</translation>
  </message>
  <message>
   <source>Check</source>
   <translation>Vérifier</translation>
  </message>
  <message>
   <source>Read all cases: contrasts, labels, geometry, and patients that are on both sides. Takes some seconds a case.</source>
   <translation>Lit tous les cas : contrastes, étiquettes, géométrie, et patients présents des deux côtés. Quelques secondes par cas.</translation>
  </message>
  <message>
   <source>Case from scene</source>
   <translation>Cas de la scène</translation>
  </message>
  <message>
   <source>Show the controls that write loaded images and a segmentation into the folder of cases.</source>
   <translation>Montre ce qui permet d'écrire des images chargées et une segmentation dans le dossier des cas.</translation>
  </message>
  <message>
   <source>What the check found, one row for each case; problems of the whole folder come first.</source>
   <translation>Ce que la vérification a trouvé, une ligne par cas ; les problèmes du dossier entier viennent d'abord.</translation>
  </message>
  <message>
   <source>T1</source>
   <translation>T1</translation>
  </message>
  <message>
   <source>The T1 image of the case.</source>
   <translation>L'image T1 du cas.</translation>
  </message>
  <message>
   <source>None</source>
   <translation>Aucun</translation>
  </message>
  <message>
   <source>T1Gd</source>
   <translation>T1Gd</translation>
  </message>
  <message>
   <source>The T1Gd image of the case; the others are brought to its grid.</source>
   <translation>L'image T1Gd du cas ; les autres sont mises sur sa grille.</translation>
  </message>
  <message>
   <source>T2</source>
   <translation>T2</translation>
  </message>
  <message>
   <source>The T2 image of the case.</source>
   <translation>L'image T2 du cas.</translation>
  </message>
  <message>
   <source>FLAIR</source>
   <translation>FLAIR</translation>
  </message>
  <message>
   <source>The FLAIR image of the case.</source>
   <translation>L'image FLAIR du cas.</translation>
  </message>
  <message>
   <source>Labels</source>
   <translation>Étiquettes</translation>
  </message>
  <message>
   <source>The segmentation of the case, with segments named NCR, ED and ET.</source>
   <translation>La segmentation du cas, avec des segments nommés NCR, ED et ET.</translation>
  </message>
  <message>
   <source>Fill</source>
   <translation>Remplir</translation>
  </message>
  <message>
   <source>Choose images by their names and DICOM values, and the segmentation if there is one.</source>
   <translation>Choisit les images d'après leurs noms et leurs valeurs DICOM, et la segmentation s'il y en a une.</translation>
  </message>
  <message>
   <source>Add to the folder</source>
   <translation>Ajouter au dossier</translation>
  </message>
  <message>
   <source>Check this case and write it into the folder of cases under a neutral name; the patient is not named.</source>
   <translation>Vérifie ce cas et l'écrit dans le dossier des cas sous un nom neutre ; le patient n'est pas nommé.</translation>
  </message>
  <message>
   <source>2 Recipe</source>
   <translation>2 Recette</translation>
  </message>
  <message>
   <source>How the model is trained. The sentence below says what each recipe is good for.</source>
   <translation>Comment le modèle est entraîné. La phrase ci-dessous dit à quoi sert chaque recette.</translation>
  </message>
  <message>
   <source>Start from</source>
   <translation>Partir de</translation>
  </message>
  <message>
   <source>The model that goes on learning, or that the new one is compared with.</source>
   <translation>Le modèle qui continue d'apprendre, ou auquel le nouveau est comparé.</translation>
  </message>
  <message>
   <source>Name</source>
   <translation>Nom</translation>
  </message>
  <message>
   <source>Name of the new model, as SSAGlioma Segmentation will list it.</source>
   <translation>Nom du nouveau modèle, tel que SSAGlioma Segmentation le montrera.</translation>
  </message>
  <message>
   <source>3 Budget</source>
   <translation>3 Coût</translation>
  </message>
  <message>
   <source>Device</source>
   <translation>Appareil</translation>
  </message>
  <message>
   <source>Where the training runs; auto takes a GPU if there is one.</source>
   <translation>Où tourne l'entraînement ; auto prend un GPU s'il y en a un.</translation>
  </message>
  <message>
   <source>Measure</source>
   <translation>Mesurer</translation>
  </message>
  <message>
   <source>Time a few training steps on this computer and predict the whole. Takes about half a minute.</source>
   <translation>Chronomètre quelques pas d'entraînement sur cet ordinateur et prédit le total. Prend environ une demi-minute.</translation>
  </message>
  <message>
   <source>4 Run</source>
   <translation>4 Exécution</translation>
  </message>
  <message>
   <source>Folder</source>
   <translation>Dossier</translation>
  </message>
  <message>
   <source>Folder of the training. It goes on there when Slicer is closed; choose it again to watch or resume it.</source>
   <translation>Dossier de l'entraînement. Il y continue quand Slicer est fermé ; choisissez-le à nouveau pour le suivre ou le reprendre.</translation>
  </message>
  <message>
   <source>Start</source>
   <translation>Démarrer</translation>
  </message>
  <message>
   <source>Start the training as a process of its own. It does not stop when Slicer is closed.</source>
   <translation>Démarre l'entraînement comme un processus à part. Il ne s'arrête pas quand Slicer est fermé.</translation>
  </message>
  <message>
   <source>Pause</source>
   <translation>Pause</translation>
  </message>
  <message>
   <source>End the training after the present epoch and keep its checkpoint.</source>
   <translation>Termine l'entraînement après l'époque en cours et garde son point de reprise.</translation>
  </message>
  <message>
   <source>Resume</source>
   <translation>Reprendre</translation>
  </message>
  <message>
   <source>Go on from the last finished epoch.</source>
   <translation>Continue à partir de la dernière époque terminée.</translation>
  </message>
  <message>
   <source>Cancel</source>
   <translation>Annuler</translation>
  </message>
  <message>
   <source>End the training at once. The last finished epoch is kept.</source>
   <translation>Termine l'entraînement aussitôt. La dernière époque terminée est conservée.</translation>
  </message>
  <message>
   <source>Numbers of the last epoch: loss on training patches, Dice on held-out patches.</source>
   <translation>Chiffres de la dernière époque : perte sur les extraits d'entraînement, Dice sur les extraits exclus.</translation>
  </message>
  <message>
   <source>Dice curves</source>
   <translation>Courbes de Dice</translation>
  </message>
  <message>
   <source>Show the Dice of each region on held-out patches, epoch by epoch.</source>
   <translation>Montre le Dice de chaque région sur les extraits exclus, époque par époque.</translation>
  </message>
  <message>
   <source>Loss curve</source>
   <translation>Courbe de perte</translation>
  </message>
  <message>
   <source>Show the loss, epoch by epoch.</source>
   <translation>Montre la perte, époque par époque.</translation>
  </message>
  <message>
   <source>A held-out slice after the last epoch: image, reference, prediction.</source>
   <translation>Une coupe exclue de l'entraînement après la dernière époque : image, référence, prédiction.</translation>
  </message>
  <message>
   <source>5 Result</source>
   <translation>5 Résultat</translation>
  </message>
  <message>
   <source>Mean Dice of each region on the held-out cases, before and after the training.</source>
   <translation>Dice moyen de chaque région sur les cas exclus, avant et après l'entraînement.</translation>
  </message>
  <message>
   <source>Open the report</source>
   <translation>Ouvrir le compte rendu</translation>
  </message>
  <message>
   <source>Before and after case by case, with pictures of the outlines.</source>
   <translation>Avant et après, cas par cas, avec des images des contours.</translation>
  </message>
  <message>
   <source>Use in SSAGlioma Segmentation</source>
   <translation>Utiliser dans SSAGlioma Segmentation</translation>
  </message>
  <message>
   <source>Put the new model on the shelf of this computer, where SSAGlioma Segmentation lists it. Refused if it is worse.</source>
   <translation>Met le nouveau modèle à disposition sur cet ordinateur, où SSAGlioma Segmentation le propose. Refusé s'il est moins bon.</translation>
  </message>
  <message>
   <source>Roll back</source>
   <translation>Revenir en arrière</translation>
  </message>
  <message>
   <source>Return to the version of this model that was installed before.</source>
   <translation>Revient à la version de ce modèle qui était installée avant.</translation>
  </message>
  <message>
   <source>Export job...</source>
   <translation>Exporter la tâche...</translation>
  </message>
  <message>
   <source>Write a folder with data, model and script that trains on a computer with a GPU. It holds images of patients.</source>
   <translation>Écrit un dossier avec données, modèle et script, qui s'entraîne sur un ordinateur avec GPU. Il contient des images de patients.</translation>
  </message>
  <message>
   <source>Import result...</source>
   <translation>Importer le résultat...</translation>
  </message>
  <message>
   <source>Take the result of an exported job into the folder of the training.</source>
   <translation>Prend le résultat d'une tâche exportée dans le dossier de l'entraînement.</translation>
  </message>
 </context>
 <context>
  <name>panels.apply</name>
  <message>
   <source>Choose the other contrasts under Four contrasts first.</source>
   <translation>Choisissez d'abord les autres contrastes sous Quatre contrastes.</translation>
  </message>
  <message>
   <source>Cancelled. Nothing was changed.</source>
   <translation>Annulé. Rien n'a été modifié.</translation>
  </message>
  <message>
   <source>A volume is being stylized.</source>
   <translation>Un volume est en cours de stylisation.</translation>
  </message>
 </context>
 <context>
  <name>panels.base</name>
  <message>
   <source>SSAGlioma failed unexpectedly.</source>
   <translation>SSAGlioma a échoué de façon imprévue.</translation>
  </message>
 </context>
 <context>
  <name>panels.batch</name>
  <message>
   <source>The batch is running.</source>
   <translation>Le lot est en cours.</translation>
  </message>
  <message>
   <source>Choose both folders.</source>
   <translation>Choisissez les deux dossiers.</translation>
  </message>
  <message>
   <source>Nothing is running.</source>
   <translation>Rien n'est en cours.</translation>
  </message>
  <message>
   <source>Case</source>
   <translation>Cas</translation>
  </message>
  <message>
   <source>State</source>
   <translation>État</translation>
  </message>
  <message>
   <source>Images</source>
   <translation>Images</translation>
  </message>
  <message>
   <source>Message</source>
   <translation>Message</translation>
  </message>
 </context>
 <context>
  <name>panels.charts</name>
  <message>
   <source>Export figure</source>
   <translation>Exporter la figure</translation>
  </message>
  <message>
   <source>Folder for tables and charts</source>
   <translation>Dossier pour les tableaux et graphiques</translation>
  </message>
  <message>
   <source>There is no picture yet. Press Update.</source>
   <translation>Il n'y a pas encore d'image. Appuyez sur Mettre à jour.</translation>
  </message>
  <message>
   <source>There is no chart yet.</source>
   <translation>Il n'y a pas encore de graphique.</translation>
  </message>
  <message>
   <source>Whole image</source>
   <translation>Image entière</translation>
  </message>
  <message>
   <source>Rest of the brain</source>
   <translation>Reste du cerveau</translation>
  </message>
  <message>
   <source>Measuring the sample case through two scanners</source>
   <translation>Mesure du cas d'exemple à travers deux machines</translation>
  </message>
  <message>
   <source>Written to {path}</source>
   <translation>Écrit dans {path}</translation>
  </message>
  <message>
   <source>Written to {folder}: {names}</source>
   <translation>Écrit dans {folder} : {names}</translation>
  </message>
 </context>
 <context>
  <name>panels.compare</name>
  <message>
   <source>There is no result yet. Press Apply.</source>
   <translation>Il n'y a pas encore de résultat. Appuyez sur Appliquer.</translation>
  </message>
  <message>
   <source>Score your drawing first: this shows the model's answer.</source>
   <translation>Notez d'abord votre dessin : ceci montre la réponse du modèle.</translation>
  </message>
  <message>
   <source>Press Compare first.</source>
   <translation>Appuyez d'abord sur Comparer.</translation>
  </message>
  <message>
   <source>Comparing</source>
   <translation>Comparaison</translation>
  </message>
  <message>
   <source>Choose a reference.</source>
   <translation>Choisissez une référence.</translation>
  </message>
 </context>
 <context>
  <name>panels.correct</name>
  <message>
   <source>There is no result yet. Press Apply.</source>
   <translation>Il n'y a pas encore de résultat. Appuyez sur Appliquer.</translation>
  </message>
  <message>
   <source>Press Start first.</source>
   <translation>Appuyez d'abord sur Démarrer.</translation>
  </message>
  <message>
   <source>Choose a folder for corrections.</source>
   <translation>Choisissez un dossier pour les corrections.</translation>
  </message>
  <message>
   <source>{count} slices are left to check.</source>
   <translation>Il reste {count} coupes à vérifier.</translation>
  </message>
  <message>
   <source>Correction saved to {folder}</source>
   <translation>Correction enregistrée dans {folder}</translation>
  </message>
 </context>
 <context>
  <name>panels.inputs</name>
  <message>
   <source>Style image</source>
   <translation>Image de style</translation>
  </message>
  <message>
   <source>The scanner simulator needs no style.</source>
   <translation>Le simulateur de machine n'a pas besoin de style.</translation>
  </message>
  <message>
   <source>Only your own images can be removed.</source>
   <translation>Seules vos propres images peuvent être retirées.</translation>
  </message>
  <message>
   <source>No loaded volume is known as T1, T1Gd, T2 or FLAIR by its name or DICOM values.</source>
   <translation>Aucun volume chargé n'est reconnu comme T1, T1Gd, T2 ou FLAIR à son nom ou à ses valeurs DICOM.</translation>
  </message>
  <message>
   <source>A loaded image is the style. Choose 'From the bank'.</source>
   <translation>Une image chargée sert de style. Choisissez « De la banque ».</translation>
  </message>
  <message>
   <source>Added to your bank on this computer: {title}</source>
   <translation>Ajouté à votre banque sur cet ordinateur : {title}</translation>
  </message>
 </context>
 <context>
  <name>panels.lessons</name>
  <message>
   <source>Loading the lesson</source>
   <translation>Chargement de la leçon</translation>
  </message>
  <message>
   <source>Drawing a scanner</source>
   <translation>Tirage d'une machine</translation>
  </message>
 </context>
 <context>
  <name>panels.method</name>
  <message>
   <source>Only methods with a style space (RAIN) can search in it.</source>
   <translation>Seules les méthodes à espace de style (RAIN) peuvent y chercher.</translation>
  </message>
  <message>
   <source>This method draws nothing at random.</source>
   <translation>Cette méthode ne tire rien au hasard.</translation>
  </message>
 </context>
 <context>
  <name>panels.preview</name>
  <message>
   <source>What the anatomy guard says of this slice: edges, lesions, brain.</source>
   <translation>Ce que le gardien de l'anatomie dit de cette coupe : bords, lésions, cerveau.</translation>
  </message>
  <message>
   <source>Result</source>
   <translation>Résultat</translation>
  </message>
  <message>
   <source>Wipe</source>
   <translation>Volet</translation>
  </message>
  <message>
   <source>Checkerboard</source>
   <translation>Damier</translation>
  </message>
  <message>
   <source>Difference</source>
   <translation>Différence</translation>
  </message>
  <message>
   <source>{rate:.0f} updates/s</source>
   <translation>{rate:.0f} images/s</translation>
  </message>
 </context>
 <context>
  <name>panels.results</name>
  <message>
   <source>There is no result yet. Press Apply.</source>
   <translation>Il n'y a pas encore de résultat. Appuyez sur Appliquer.</translation>
  </message>
  <message>
   <source>Report</source>
   <translation>Compte rendu</translation>
  </message>
  <message>
   <source>Export</source>
   <translation>Exporter</translation>
  </message>
  <message>
   <source>Folder for the DICOM file</source>
   <translation>Dossier pour le fichier DICOM</translation>
  </message>
  <message>
   <source>Score your drawing first: this shows the model's answer.</source>
   <translation>Notez d'abord votre dessin : ceci montre la réponse du modèle.</translation>
  </message>
  <message>
   <source>Region</source>
   <translation>Région</translation>
  </message>
  <message>
   <source>Volume</source>
   <translation>Volume</translation>
  </message>
  <message>
   <source>Diameter</source>
   <translation>Diamètre</translation>
  </message>
  <message>
   <source>Lesions</source>
   <translation>Lésions</translation>
  </message>
  <message>
   <source>Confidence</source>
   <translation>Confiance</translation>
  </message>
  <message>
   <source>Mask</source>
   <translation>Masque</translation>
  </message>
  <message>
   <source>Probability</source>
   <translation>Probabilité</translation>
  </message>
  <message>
   <source>Doubt</source>
   <translation>Doute</translation>
  </message>
  <message>
   <source>Differences</source>
   <translation>Différences</translation>
  </message>
  <message>
   <source>None</source>
   <translation>Aucun</translation>
  </message>
  <message>
   <source>Written to {path}</source>
   <translation>Écrit dans {path}</translation>
  </message>
 </context>
 <context>
  <name>panels.scanner</name>
  <message>
   <source>The preview shows the scanner already.</source>
   <translation>L'aperçu montre déjà le simulateur.</translation>
  </message>
  <message>
   <source>Last set: {title}</source>
   <translation>Dernier réglage : {title}</translation>
  </message>
  <message>
   <source>Switch every effect off but '{name}', which was touched last.</source>
   <translation>Éteint tous les effets sauf « {name} », le dernier touché.</translation>
  </message>
  <message>
   <source>Switch the effect on first.</source>
   <translation>Allumez d'abord l'effet.</translation>
  </message>
 </context>
 <context>
  <name>panels.seeing</name>
  <message>
   <source>There is no picture yet. Press Update.</source>
   <translation>Il n'y a pas encore d'image. Appuyez sur Mettre à jour.</translation>
  </message>
  <message>
   <source>A model is at work already.</source>
   <translation>Un modèle travaille déjà.</translation>
  </message>
 </context>
 <context>
  <name>panels.segment</name>
  <message>
   <source>Folder of a model package</source>
   <translation>Dossier d'un modèle</translation>
  </message>
  <message>
   <source>A run is under way.</source>
   <translation>Un calcul est en cours.</translation>
  </message>
  <message>
   <source>Nothing is running.</source>
   <translation>Rien n'est en cours.</translation>
  </message>
  <message>
   <source>Apply</source>
   <translation>Appliquer</translation>
  </message>
  <message>
   <source>Apply on {device}, about {time}</source>
   <translation>Appliquer sur {device}, environ {time}</translation>
  </message>
  <message>
   <source>, {time} left</source>
   <translation>, encore {time}</translation>
  </message>
  <message>
   <source>Added the model {name}.</source>
   <translation>Le modèle {name} a été ajouté.</translation>
  </message>
 </context>
 <context>
  <name>panels.sequences</name>
  <message>
   <source>Advanced resamples images of different grids in the place of preparing them.</source>
   <translation>Avancé rééchantillonne les images de grilles différentes au lieu de les préparer.</translation>
  </message>
  <message>
   <source>Folder with images or DICOM files</source>
   <translation>Dossier d'images ou de fichiers DICOM</translation>
  </message>
  <message>
   <source>Grids differ</source>
   <translation>Grilles différentes</translation>
  </message>
  <message>
   <source>All chosen images lie on one grid.</source>
   <translation>Toutes les images choisies ont la même grille.</translation>
  </message>
  <message>
   <source>No volume is chosen.</source>
   <translation>Aucun volume n'est choisi.</translation>
  </message>
  <message>
   <source>No image is prepared with this choice.</source>
   <translation>Avec ce choix, aucune image n'est préparée.</translation>
  </message>
  <message>
   <source>Automatic</source>
   <translation>Automatique</translation>
  </message>
  <message>
   <source>Always</source>
   <translation>Toujours</translation>
  </message>
  <message>
   <source>Never</source>
   <translation>Jamais</translation>
  </message>
  <message>
   <source>Reading {folder}</source>
   <translation>Lecture de {folder}</translation>
  </message>
  <message>
   <source>Voxels</source>
   <translation>Voxels</translation>
  </message>
  <message>
   <source>mm</source>
   <translation>mm</translation>
  </message>
  <message>
   <source>Axes</source>
   <translation>Axes</translation>
  </message>
  <message>
   <source>Grid</source>
   <translation>Grille</translation>
  </message>
  <message>
   <source>Resampled copies: {names}</source>
   <translation>Copies rééchantillonnées : {names}</translation>
  </message>
  <message>
   <source>differs</source>
   <translation>différente</translation>
  </message>
 </context>
 <context>
  <name>panels.train</name>
  <message>
   <source>The training in {folder} was found again.</source>
   <translation>L'entraînement du dossier {folder} a été retrouvé.</translation>
  </message>
 </context>
 <context>
  <name>panels.train_data</name>
  <message>
   <source>A check is under way.</source>
   <translation>Une vérification est en cours.</translation>
  </message>
  <message>
   <source>Choose a folder first.</source>
   <translation>Choisissez d'abord un dossier.</translation>
  </message>
  <message>
   <source>Choose the folder of the cases first.</source>
   <translation>Choisissez d'abord le dossier des cas.</translation>
  </message>
  <message>
   <source>Case</source>
   <translation>Cas</translation>
  </message>
  <message>
   <source>Finding</source>
   <translation>Constat</translation>
  </message>
  <message>
   <source>(folder)</source>
   <translation>(dossier)</translation>
  </message>
  <message>
   <source>Added the case {name}.</source>
   <translation>Le cas {name} a été ajouté.</translation>
  </message>
 </context>
 <context>
  <name>panels.train_recipe</name>
  <message>
   <source>Start from</source>
   <translation>Partir de</translation>
  </message>
  <message>
   <source>Compare with</source>
   <translation>Comparer à</translation>
  </message>
  <message>
   <source>A check is under way.</source>
   <translation>Une vérification est en cours.</translation>
  </message>
  <message>
   <source>None</source>
   <translation>Aucun</translation>
  </message>
  <message>
   <source>From scratch</source>
   <translation>À partir de zéro</translation>
  </message>
  <message>
   <source>Train a new network on labelled cases; it needs many cases and the most time.</source>
   <translation>Entraîne un réseau neuf sur des cas étiquetés ; demande beaucoup de cas et le plus de temps.</translation>
  </message>
  <message>
   <source>Network</source>
   <translation>Réseau</translation>
  </message>
  <message>
   <source>small_2d and small_3d suit a computer without a GPU; nnunet_ needs one.</source>
   <translation>small_2d et small_3d conviennent à un ordinateur sans GPU ; nnunet_ en demande un.</translation>
  </message>
  <message>
   <source>Epochs</source>
   <translation>Époques</translation>
  </message>
  <message>
   <source>Rounds of training; time grows with them.</source>
   <translation>Tours d'entraînement ; la durée croît avec eux.</translation>
  </message>
  <message>
   <source>Steps</source>
   <translation>Pas</translation>
  </message>
  <message>
   <source>Batches in an epoch; time grows with them.</source>
   <translation>Paquets par époque ; la durée croît avec eux.</translation>
  </message>
  <message>
   <source>Batch</source>
   <translation>Lot</translation>
  </message>
  <message>
   <source>Patches in a batch; memory and time grow with it.</source>
   <translation>Extraits par paquet ; mémoire et durée croissent avec eux.</translation>
  </message>
  <message>
   <source>Learning rate</source>
   <translation>Taux d'apprentissage</translation>
  </message>
  <message>
   <source>First step size; lower it if the loss jumps.</source>
   <translation>Premier pas ; à baisser si la perte fait des sauts.</translation>
  </message>
  <message>
   <source>Seed</source>
   <translation>Graine</translation>
  </message>
  <message>
   <source>The same seed and cases give the same training.</source>
   <translation>La même graine et les mêmes cas donnent le même entraînement.</translation>
  </message>
  <message>
   <source>Fine-tune</source>
   <translation>Affiner</translation>
  </message>
  <message>
   <source>Let a trained model go on with a few labelled cases of this hospital, at a lower learning rate.</source>
   <translation>Un modèle entraîné continue avec quelques cas étiquetés de cet hôpital, à un taux d'apprentissage plus bas.</translation>
  </message>
  <message>
   <source>Style augmentation</source>
   <translation>Augmentation par le style</translation>
  </message>
  <message>
   <source>Train on labelled cases that take on the look of scans of this hospital, which need no labels.</source>
   <translation>Entraîne sur des cas étiquetés qui prennent l'aspect d'examens de cet hôpital, lesquels n'ont pas besoin d'étiquettes.</translation>
  </message>
  <message>
   <source>Style methods</source>
   <translation>Méthodes de style</translation>
  </message>
  <message>
   <source>How the look is lent: by its histogram, its coarse Fourier amplitudes, or both in turn.</source>
   <translation>Comment l'aspect est prêté : par son histogramme, par ses amplitudes de Fourier grossières, ou les deux tour à tour.</translation>
  </message>
  <message>
   <source>Stylizer</source>
   <translation>Modèle de style</translation>
  </message>
  <message>
   <source>Name or folder of a trained stylizer (RAIN, AdaConv) that takes the methods' place; may be empty.</source>
   <translation>Nom ou dossier d'un modèle de style entraîné (RAIN, AdaConv) qui remplace les méthodes ; peut rester vide.</translation>
  </message>
  <message>
   <source>Share</source>
   <translation>Part</translation>
  </message>
  <message>
   <source>Share of patches that are cut from stylised copies.</source>
   <translation>Part des extraits pris dans des copies stylisées.</translation>
  </message>
  <message>
   <source>Fine-tune, decoder frozen</source>
   <translation>Affiner, décodeur figé</translation>
  </message>
  <message>
   <source>Fine-tune only the part of a model that reads images; for other scanners, same kind of tumor.</source>
   <translation>N'affine que la partie du modèle qui lit les images ; convient à d'autres IRM, mêmes tumeurs.</translation>
  </message>
  <message>
   <source>Fine-tune, encoder frozen</source>
   <translation>Affiner, encodeur figé</translation>
  </message>
  <message>
   <source>Fine-tune only the part of a model that draws outlines; for other rules of drawing, same scanner.</source>
   <translation>N'affine que la partie du modèle qui trace les contours ; convient à d'autres règles de tracé, même IRM.</translation>
  </message>
  <message>
   <source>Combined</source>
   <translation>Combiné</translation>
  </message>
  <message>
   <source>Train a new network on labelled cases of two hospitals together, each case counting the same.</source>
   <translation>Entraîne un réseau neuf sur des cas étiquetés de deux hôpitaux ensemble, chaque cas comptant autant.</translation>
  </message>
  <message>
   <source>DANN</source>
   <translation>DANN</translation>
  </message>
  <message>
   <source>Train on two hospitals so that the network cannot tell their scans apart; both count the same.</source>
   <translation>Entraîne sur deux hôpitaux de sorte que le réseau ne distingue pas leurs examens ; les deux comptent autant.</translation>
  </message>
  <message>
   <source>Domain weight</source>
   <translation>Poids du domaine</translation>
  </message>
  <message>
   <source>Weight of the task that tells the two hospitals apart; 0 leaves it without effect on the network.</source>
   <translation>Poids de la tâche qui distingue les deux hôpitaux ; à 0, elle est sans effet sur le réseau.</translation>
  </message>
  <message>
   <source>Reversal</source>
   <translation>Inversion</translation>
  </message>
  <message>
   <source>Whether the reversed gradient has its full weight from the start (constant) or grows during the run (ganin).</source>
   <translation>Si le gradient inversé a tout son poids dès le début (constant) ou croît pendant l'entraînement (ganin).</translation>
  </message>
  <message>
   <source>DANN without reversal</source>
   <translation>DANN sans inversion</translation>
  </message>
  <message>
   <source>Train on two hospitals with telling them apart as a second task: what DANN's reversal is judged by.</source>
   <translation>Entraîne sur deux hôpitaux, les distinguer étant une seconde tâche : ce à quoi on juge l'inversion de DANN.</translation>
  </message>
  <message>
   <source>Learn from corrections</source>
   <translation>Apprendre des corrections</translation>
  </message>
  <message>
   <source>Let a model learn from outlines that were corrected, with earlier cases shown again beside them.</source>
   <translation>Un modèle apprend de contours corrigés, des cas antérieurs étant montrés de nouveau à côté.</translation>
  </message>
 </context>
 <context>
  <name>panels.train_result</name>
  <message>
   <source>Empty folder for the job</source>
   <translation>Dossier vide pour la tâche</translation>
  </message>
  <message>
   <source>Folder of the job that came back</source>
   <translation>Dossier de la tâche revenue</translation>
  </message>
  <message>
   <source>Region</source>
   <translation>Région</translation>
  </message>
  <message>
   <source>Before</source>
   <translation>Avant</translation>
  </message>
  <message>
   <source>After</source>
   <translation>Après</translation>
  </message>
  <message>
   <source>Change</source>
   <translation>Variation</translation>
  </message>
  <message>
   <source>Cases</source>
   <translation>Cas</translation>
  </message>
  <message>
   <source>This model is in use.</source>
   <translation>Ce modèle est en service.</translation>
  </message>
  <message>
   <source>There is no report of this training yet.</source>
   <translation>Cet entraînement n'a pas encore de compte rendu.</translation>
  </message>
  <message>
   <source>There is no earlier version of this model.</source>
   <translation>Ce modèle n'a pas de version antérieure.</translation>
  </message>
  <message>
   <source>A check is under way.</source>
   <translation>Une vérification est en cours.</translation>
  </message>
  <message>
   <source>Choose a folder for the training first.</source>
   <translation>Choisissez d'abord un dossier pour l'entraînement.</translation>
  </message>
  <message>
   <source>The result is taken over.</source>
   <translation>Le résultat est repris.</translation>
  </message>
  <message>
   <source>SSAGlioma Segmentation lists the model {name} now.</source>
   <translation>SSAGlioma Segmentation propose désormais le modèle {name}.</translation>
  </message>
  <message>
   <source>Back to {title}.</source>
   <translation>Retour à {title}.</translation>
  </message>
 </context>
 <context>
  <name>panels.train_run</name>
  <message>
   <source>Nothing is running.</source>
   <translation>Rien n'est en cours.</translation>
  </message>
  <message>
   <source>Choose a folder for the training.</source>
   <translation>Choisissez un dossier pour l'entraînement.</translation>
  </message>
  <message>
   <source>The training runs.</source>
   <translation>L'entraînement est en cours.</translation>
  </message>
  <message>
   <source>There is nothing to resume in this folder.</source>
   <translation>Il n'y a rien à reprendre dans ce dossier.</translation>
  </message>
  <message>
   <source>Epoch {epoch}: loss {loss:.3f}, Dice {dice}</source>
   <translation>Époque {epoch} : perte {loss:.3f}, Dice {dice}</translation>
  </message>
  <message>
   <source>No epoch is finished yet.</source>
   <translation>Aucune époque n'est terminée.</translation>
  </message>
  <message>
   <source>This training is done. Choose an empty folder for a new one.</source>
   <translation>Cet entraînement est terminé. Choisissez un dossier vide pour un nouveau.</translation>
  </message>
  <message>
   <source>It pauses soon.</source>
   <translation>La pause est proche.</translation>
  </message>
  <message>
   <source>Press Resume, or choose an empty folder for a new training.</source>
   <translation>Appuyez sur Reprendre, ou choisissez un dossier vide pour un nouvel entraînement.</translation>
  </message>
 </context>
</TS>
